import { fork } from 'node:child_process';
import { join } from 'node:path';

/** A process of its own for one contender: its heap, its garbage and its CPU time are nobody else's. */
export interface Child {
  /** Runs a command of the child's. Rejects with what it throws there. */
  call<T>(command: string, argument?: unknown): Promise<T>;
  /** Ends it. */
  end(): Promise<void>;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts `program` of this folder; it calls `serve`. */
export function startChild(program: string, options: { readonly execArgv?: readonly string[] } = {}): Child {
  const child = fork(join(import.meta.dirname, program), {
    execArgv: [...(options.execArgv ?? [])],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Most of what a short run takes is compiling the same files in every child.
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(import.meta.dirname, '..', 'node_modules', '.cache', 'onceward-compiled'),
    },
  });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let calls = 0;
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${program} ended (${signal ?? code})`));
      resolve();
    });
  });
  child.on('message', ({ id, value, error }: Reply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(`${program}: ${error}`));
  });
  return {
    call: <T>(command: string, argument?: unknown) =>
      new Promise<T>((resolve, reject) => {
        const id = ++calls;
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        child.send({ id, command, argument });
      }),
    async end() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

type Commands = Readonly<Record<string, (argument: never) => unknown>>;

/** The child's side: answers calls by name until its parent lets go of it. */
export function serve(commands: Commands): void {
  process.on('message', ({ id, command, argument }: { id: number; command: string; argument: never }) => {
    const reply = (answer: Omit<Reply, 'id'>) => void process.send?.({ id, ...answer });
    (async () => commands[command]?.(argument))().then(
      (value) => reply({ value }),
      (error: unknown) => reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.once('disconnect', () => process.exit());
}
