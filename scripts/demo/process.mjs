import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child that speaks in JSON lines. What it complains of on stderr is kept for the error. */
export class Process {
  lines = [];
  signal = null;
  code = null;
  #child;
  #changed = new Set();
  #complaint = '';

  constructor(script, args) {
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => {
      this.#complaint += chunk;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
      this.#tell();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        Object.assign(this, { code, signal, over: true });
        resolve();
        this.#tell();
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  of(event) {
    return this.lines.filter((line) => line.event === event);
  }

  /** Resolves with what `look` returns once that is something. @throws Error if the child ends first */
  async until(look) {
    for (;;) {
      const found = await look();
      if (found) return found;
      if (this.over) throw new Error(this.failure('ended too soon'));
      await new Promise((resolve) => this.#changed.add(resolve));
    }
  }

  /** Ends it as a power button ends it: no handler, no flush. */
  kill() {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  stop() {
    if (!this.over) this.#child.kill('SIGTERM');
    return this.ended;
  }

  failure(what) {
    return `Process ${this.pid} ${what} (exit status ${this.code}, signal ${this.signal}).\n${this.#complaint}`;
  }

  #tell() {
    const waiting = [...this.#changed];
    this.#changed.clear();
    for (const resolve of waiting) resolve();
  }
}
