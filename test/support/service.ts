import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A server program that a test started for itself alone. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  /** Ends it without a farewell, as a power cut would. */
  kill(): Promise<void>;
  /** Stops it where it is (SIGSTOP): connections stay open and nothing answers. The returned function lets it go on. */
  freeze(): () => void;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
}

export interface ServicePlan {
  readonly name: string;
  /** What has to be installed, for the error. */
  readonly installed: string;
  readonly url: string;
  readonly port: number;
  readonly command: readonly string[];
  /** What it prints when it can be used. */
  readonly ready: RegExp;
  /** Removes its data. */
  remove(): Promise<void>;
}

/** Starts what `plan` says and waits until it is ready. */
export async function serve(plan: ServicePlan): Promise<Service> {
  let child = await start(plan);
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    // The whole group: a server may have processes of its own.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  return {
    url: plan.url,
    kill,
    freeze() {
      const { pid } = child;
      if (pid === undefined) throw new Error(`${plan.name} does not run`);
      process.kill(-pid, 'SIGSTOP');
      return () => void process.kill(-pid, 'SIGCONT');
    },
    async restart() {
      await kill();
      child = await start(plan);
    },
    async [Symbol.asyncDispose]() {
      await kill();
      await plan.remove();
    },
  };
}

/** A port of this machine that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Processes that were killed hold a port or a lock file for a moment. */
const TRIES = 20;

async function start(plan: ServicePlan): Promise<ChildProcess> {
  let said = '';
  for (let tries = 0; tries < TRIES; tries++) {
    const [program = '', ...args] = plan.command;
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    said = '';
    const ready = await new Promise<boolean>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          said = `${said}${chunk.toString()}`.slice(-4000);
          if (plan.ready.test(said)) resolve(true);
        });
      }
      child.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          cause.code === 'ENOENT'
            ? new Error(`${plan.name} is needed for this test: install ${plan.installed}.`)
            : new Error(`${plan.name} could not be started`, { cause }),
        ),
      );
      child.once('exit', () => resolve(false));
    });
    if (ready) return child;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`${plan.name} did not start:\n${said}`);
}
