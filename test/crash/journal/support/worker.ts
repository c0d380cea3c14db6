import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Life, Message, Order, Point } from '../child/messages.ts';

/** A living process of the crowd, as its parent sees it. */
export class Worker {
  /** Resolves when it is dead, or at its end, and all that it said was heard. */
  readonly ended: Promise<void>;
  /** The point at which it killed itself. */
  point: Point | undefined;
  /** Answers that it was given. */
  answers = 0;
  readonly pid: number;
  readonly #process: ChildProcess;
  readonly #answered: (() => void)[] = [];
  readonly #said = new Map<Message['say'], (message: Message) => void>();

  constructor(program: string, life: Life, onMessage: (message: Message) => void) {
    const argv = [...NO_WARNINGS, program, JSON.stringify(life)];
    this.#process = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.pid = this.#process.pid ?? 0;
    // Orders to a process that was killed meanwhile.
    this.#process.stdin?.on('error', () => {});
    const lines = createInterface({ input: this.#process.stdout as Readable });
    lines.on('line', (line) => {
      const message = whole(line);
      if (message !== undefined) this.#hear(message, onMessage);
    });
    this.ended = Promise.all([once(this.#process, 'exit'), once(lines, 'close')]).then(() => {
      for (const resolve of this.#answered.splice(0)) resolve();
    });
  }

  /** Resolves when it was given so many answers, or is dead. */
  async working(answers: number): Promise<void> {
    const dead = this.ended.then(() => true);
    while (this.answers < answers) {
      const answered = new Promise<void>((resolve) => this.#answered.push(resolve));
      if (await Promise.race([dead, answered.then(() => false)])) return;
    }
  }

  /** Resolves with what it says then; undefined where it is dead. */
  async order(order: Order, answer: Message['say']): Promise<Message | undefined> {
    const said = new Promise<Message>((resolve) => this.#said.set(answer, resolve));
    this.#process.stdin?.write(`${order}\n`);
    return Promise.race([said, this.ended.then(() => undefined)]);
  }

  end(): Promise<void> {
    this.#process.stdin?.write('end\n');
    return this.ended;
  }

  /** False where it is dead already. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null && this.#process.kill(signal);
  }

  #hear(message: Message, onMessage: (message: Message) => void): void {
    onMessage(message);
    if (message.say === 'dies') this.point = message.point;
    if (message.say === 'claimed' || message.say === 'saw' || message.say === 'removed') {
      this.answers++;
      for (const resolve of this.#answered.splice(0)) resolve();
    }
    this.#said.get(message.say)?.(message);
  }
}

const NO_WARNINGS = ['--disable-warning=ExperimentalWarning'];

/** A line that a kill cut short was never said. */
function whole(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
