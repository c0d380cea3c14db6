import { nextTick } from 'node:process';
import { JournalError } from '../../core/errors/journal-error.ts';
import { type Applied, applyEntry, type Entry, encodeRemove } from './entry.ts';
import { asFailure, LogFailure } from './failure.ts';
import type { Log } from './log.ts';
import { isUnusable } from './stored.ts';

/** Longest line, in characters: lines of 8 MB were measured to arrive in one piece, and a string ends at 512 MB. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** One write that somebody waits for. */
export interface Job {
  readonly entry: Entry;
  /** The entry as it stands in a line. */
  readonly text: string;
  /** Answered when written, not when durable. */
  readonly relaxed: boolean;
}

interface Waiting {
  /** Undefined: only a flush is wanted. */
  readonly job: Job | undefined;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}

/** Everything that arrives while a flush is under way shares the next line and the next flush. */
export class GroupCommit {
  readonly #log: Log;
  readonly #onFailure: (failure: LogFailure) => void;
  #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failure: LogFailure | undefined;

  constructor(log: Log, onFailure: (failure: LogFailure) => void) {
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /** Resolves with what became of the write, durable unless relaxed. @throws JournalError */
  write(job: Job): Promise<Applied> {
    return this.#submit(job);
  }

  /** Resolves when what was folded at the call is durable. @throws JournalError */
  async flush(): Promise<void> {
    await this.#submit(undefined);
  }

  /** Folds what others appended. @throws JournalError */
  refresh(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      this.#log.refresh();
    } catch (error) {
      throw this.#fail(error).error;
    }
  }

  /** Finishes what is under way, then releases the file. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) return;
    try {
      // Relaxed writes have waited for somebody's flush; there will be no other.
      await this.#log.settle();
    } catch (error) {
      throw this.#fail(error).error;
    }
    this.#log.close();
  }

  #submit(job: Job | undefined): Promise<Applied> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    for (;;) {
      await microtasksDone();
      if (this.#queue.length === 0) break;
      const batch = this.#take();
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#commit(batch);
      } catch (error) {
        const failure = this.#fail(error);
        for (const { reject } of batch) reject(failure.error);
      }
    }
    // In the same turn as the last look at the queue: cleared later, a job that came in between would wait for ever.
    this.#running = undefined;
    if (this.#failure !== undefined) this.#log.close();
  }

  #take(): Waiting[] {
    let length = 0;
    const over = this.#queue.findIndex(({ job }, at) => {
      length += job?.text.length ?? 0;
      return at > 0 && length > LONGEST_LINE;
    });
    return this.#queue.splice(0, over < 0 ? this.#queue.length : over);
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    this.#log.refresh();
    const durable = this.#log.durable;
    const { answers, writes } = this.#sort(batch);
    answers.push(...this.#write(writes));
    // What rests on nothing but what is durable already needs no flush.
    const waiting = answers.filter(({ waiting: { job, resolve }, applied }) => {
      const settled = job?.relaxed === true || this.#reach(job, applied) <= durable;
      if (settled) resolve(applied);
      return !settled;
    });
    if (waiting.length === 0) return;
    try {
      await this.#log.flush();
      if (this.#failure !== undefined) throw this.#failure;
      // A log that was deleted meanwhile made nothing durable.
      this.#log.refresh();
    } catch (error) {
      this.#retract(waiting);
      throw error;
    }
    for (const answer of waiting) answer.waiting.resolve(answer.applied);
  }

  /** Up to where the log must be durable for an answer to be true. */
  #reach(job: Job | undefined, { done, stored }: Applied): number {
    const { end, written } = this.#log.fold;
    if (job === undefined) return written;
    return stored?.end ?? (done ? end : 0);
  }

  /** Answers what needs no line: what the log, just read to its end, decides already. Only where no earlier write of this batch may still
   *  change that. */
  #sort(batch: readonly Waiting[]): { answers: Answer[]; writes: (Waiting & { readonly job: Job })[] } {
    const answers: Answer[] = [];
    const writes: (Waiting & { readonly job: Job })[] = [];
    const touched = new Set<string>();
    for (const waiting of batch) {
      const { job } = waiting;
      if (job === undefined) {
        answers.push({ waiting, applied: { done: false, stored: undefined } });
        continue;
      }
      const { identity } = job.entry;
      const existing = this.#log.fold.index.get(identity);
      const expected = applyEntry(existing, job.entry, 0);
      if (!touched.has(identity) && expected.stored === existing) {
        answers.push({ waiting, applied: expected });
      } else if (expected.done && expected.stored !== undefined && isUnusable(expected.stored.value)) {
        waiting.reject(new JournalError('corrupt', 'A record that could not be read again was not written.'));
      } else {
        touched.add(identity);
        writes.push({ ...waiting, job });
      }
    }
    return { answers, writes };
  }

  #write(writes: readonly (Waiting & { readonly job: Job })[]): Answer[] {
    if (writes.length === 0) return [];
    try {
      const applied = this.#log.write(writes.map(({ job }) => job.text));
      return writes.map((waiting, at) => ({ waiting, applied: applied[at] ?? { done: false, stored: undefined } }));
    } catch (error) {
      if (error instanceof LogFailure) throw error;
      for (const { reject } of writes) reject(error);
      return [];
    }
  }

  /** Their callers hear that nothing was stored, but the lines are in the file: without this a restart might find them and send.
   *  Best effort, for the disk has just failed. */
  #retract(answers: readonly Answer[]): void {
    const claims = answers.filter(({ waiting, applied }) => waiting.job?.entry.kind === 'claim' && applied.done);
    if (claims.length === 0) return;
    try {
      this.#log.write(claims.map(({ waiting: { job } }) => encodeRemove(job?.entry.identity ?? '', 1)));
    } catch {
      // The error of the flush says that the state is unknown.
    }
  }

  #fail(error: unknown): LogFailure {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = asFailure(error, 'The journal failed');
    // Never under a flush: its file descriptor could be another file's by the time it runs.
    if (this.#running === undefined) this.#log.close();
    this.#onFailure(this.#failure);
    return this.#failure;
  }
}

interface Answer {
  readonly waiting: Waiting;
  readonly applied: Applied;
}

/** Callers who were just answered come back within a few microtasks: their next writes belong into this batch, not behind its flush. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}
