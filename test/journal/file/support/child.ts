import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../children/journal.mjs', import.meta.url));

export interface ChildError {
  readonly name: string;
  readonly code: string;
  readonly reason: string;
  readonly effect: string;
  readonly message: string;
}

/** One line of the child: the end of a command, or something it says meanwhile. */
export type Answer =
  | { readonly answer: unknown }
  | { readonly error: ChildError }
  | { readonly acknowledged: string; readonly write: string };

/** A journal in another process. */
export class JournalChild {
  readonly process: ChildProcess;
  readonly exited: Promise<unknown>;
  /** Claims answered during a storm: identity to write token. */
  readonly acknowledged: Map<string, string> = new Map();
  readonly #waiting: ((answer: Answer) => void)[] = [];

  /** `runAs` (where this process is root): the user it becomes. `fileLimit`: bytes that a file may have, as setrlimit(RLIMIT_FSIZE) says. */
  constructor(directory: string, options: { readonly runAs?: number; readonly fileLimit?: number } = {}) {
    const { fileLimit } = options;
    const args = [SCRIPT, directory];
    const limited = ['prlimit', [`--fsize=${fileLimit}`, process.execPath, ...args]] as const;
    const [command, argv] = fileLimit === undefined ? ([process.execPath, args] as const) : limited;
    const env = { ...process.env, NODE_NO_WARNINGS: '1', RUN_AS: String(options.runAs ?? 0) };
    this.process = spawn(command, argv, { stdio: ['pipe', 'pipe', 'inherit'], env });
    this.exited = once(this.process, 'exit');
    createInterface({ input: this.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer;
      if ('acknowledged' in answer) this.acknowledged.set(answer.acknowledged, answer.write);
      else this.#waiting.shift()?.(answer);
    });
    onTestFinished(() => this.kill());
  }

  /** Resolves with what the command returned. @throws what the command threw */
  async ask<T>(command: { readonly do: string } & Record<string, unknown>): Promise<T> {
    const answered = new Promise<Answer>((resolve) => this.#waiting.push(resolve));
    this.process.stdin?.write(`${JSON.stringify(command)}\n`);
    const answer = await answered;
    if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
    return ('answer' in answer ? answer.answer : undefined) as T;
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }
}
