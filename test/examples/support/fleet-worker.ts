import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program of an example, started by a test. */
export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far, on both streams. */
  readonly lines: readonly string[];
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const parts = `${rest}${chunk.toString()}`.split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { child, lines, ended };
}

/** Polls until `condition` holds. */
export async function until(condition: () => boolean, what: string, ms = 30_000): Promise<void> {
  for (const start = performance.now(); !condition(); ) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
