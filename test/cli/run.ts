import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What is run: the source, which Node 24 takes as it is. After a build, `dist/cli/onceward.js` behaves the same. */
export const CLI: string = fileURLToPath(new URL('../../src/cli/onceward.ts', import.meta.url));

/** Every start would compile the sources anew: half of its time. */
export const ENV: NodeJS.ProcessEnv = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'onceward-compile-cache') };

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line to its end. */
export async function run(...argv: readonly string[]): Promise<Ended> {
  const child = start(...argv);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export interface Served {
  readonly url: string;
  readonly firstLine: string;
  /** The next line of stdout. */
  line(): Promise<string>;
  /** Ends it by a signal, and says how it went. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a mock and waits until it says where it listens. */
export async function serve(...argv: readonly string[]): Promise<Served> {
  const child = start('mock', '--port', '0', ...argv);
  child.stderr?.resume();
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => (await lines.next()).value ?? '';
  const firstLine = await line();
  return {
    url: /http:\/\/[^"\s]+/.exec(firstLine)?.[0] ?? '',
    firstLine,
    line,
    async stop(signal) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

function start(...argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], env: ENV });
}
