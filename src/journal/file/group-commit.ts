import { nextTick } from 'node:process';
import { JournalError } from '../../core/errors/journal-error.ts';
import { applyUpdate } from '../../core/record.ts';
import { type CompactionOptions, compact, followSeal, isDue, type Next } from './compaction.ts';
import { type Applied, encodeRemove, judgeEntry } from './entry.ts';
import { asFailure, LogFailure, unknown } from './failure.ts';
import type { Log } from './log.ts';
import { copyOf } from './log-reader.ts';
import { hasReserve, holdReserve, releaseReserve } from './reserve.ts';
import {
  type Answer,
  type Decided,
  decideAgain,
  type Job,
  NOTHING,
  type Settled,
  takeLine,
  type Waiting,
  type Writing,
} from './waiting.ts';

/** With nothing to do for so long, the log is told what is durable. */
const IDLE_MS = 500;

/** After a compaction that failed, the log grows by so much before the next try. */
const RETRY_GROWTH = 1.25;

/** Everything that arrives while a flush is under way shares the next line and the next flush. Also the one who moves on to the next generation. */
export class GroupCommit {
  #log: Log;
  readonly #options: CompactionOptions;
  readonly #onFailure: (failure: LogFailure) => void;
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  #switching: Promise<void> | undefined;
  #failure: LogFailure | undefined;
  /** Takes back what was to be done later. */
  #idle: (() => void) | undefined;
  /** The disk was full, and the reserve is used up. */
  #tight = false;
  #closed = false;
  /** Not before the log is as long. */
  #compactFrom = 0;

  constructor(log: Log, options: CompactionOptions, onFailure: (failure: LogFailure) => void) {
    this.#log = log;
    this.#options = options;
    this.#onFailure = onFailure;
  }

  /** Resolves with what became of the write, durable unless relaxed. @throws JournalError */
  write(job: Job): Promise<Answer> {
    return this.#submit(job);
  }

  /** Resolves when what was folded at the call is durable. @throws JournalError */
  async flush(): Promise<void> {
    await this.#submit('flush');
  }

  /** Begins a new generation. @throws JournalError */
  async compact(): Promise<void> {
    await this.#submit('compact');
  }

  /** Looks into the log with all that others appended. It stays open until `look` is done, whatever happens meanwhile. @throws JournalError */
  async read<T>(look: (log: Log) => T | Promise<T>): Promise<T> {
    for (;;) {
      await this.#switching;
      if (this.#failure !== undefined) throw this.#failure.error;
      const log = this.#log;
      const release = log.pin();
      try {
        log.refresh();
        if (!log.sealed) return await look(log);
      } catch (error) {
        throw error instanceof LogFailure ? this.#fail(error).error : error;
      } finally {
        release();
      }
      // What others write from now on is in the next one.
      await this.flush();
    }
  }

  /** Finishes what is under way, then releases the file. */
  async close(): Promise<void> {
    // Relaxed writes have waited for somebody's flush; there will be no other.
    if (this.#failure === undefined) await this.#submit('settle');
    while (this.#running !== undefined) await this.#running;
    this.#closed = true;
    this.#idle?.();
    this.#log.close();
  }

  #submit(job: Waiting['job']): Promise<Answer> {
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
      const batch = takeLine(this.#queue);
      try {
        if (this.#failure !== undefined) throw this.#failure;
        await this.#commit(batch);
      } catch (error) {
        const failure = this.#fail(error);
        // Of this batch its own words: what went wrong first may say less than is true of these.
        const told = error instanceof LogFailure ? error.error : failure.error;
        for (const { reject } of batch) reject(told);
      }
    }
    // In the same turn as the last look at the queue: cleared later, a job that came in between would wait for ever.
    this.#running = undefined;
    this.#restSoon();
  }

  /** One timer, however often there is something to do: it looks whether anything was. */
  #restSoon(): void {
    const { written, named } = this.#log.fold;
    if (this.#idle !== undefined || this.#failure !== undefined || this.#closed || written <= named) return;
    this.#idle = this.#options.io.later(IDLE_MS, () => {
      this.#idle = undefined;
      if (this.#running !== undefined) return;
      if (this.#log.fold.written === written) this.#submit('settle').catch(() => undefined);
      else this.#restSoon();
    });
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    for (let left = batch; left.length > 0; ) left = await this.#round(left);
    const asked = batch.filter(({ job }) => job === 'compact');
    if (asked.length === 0 && (this.#log.fold.end < this.#compactFrom || !isDue(this.#log, this.#options))) return;
    await this.#compact(asked);
  }

  /** @returns what a seal left unwritten: it belongs into the next generation */
  async #round(batch: readonly Waiting[]): Promise<readonly Waiting[]> {
    await this.#unsealed();
    const { durable } = this.#log;
    const { decided, writes } = this.#sort(batch);
    const wanted = await this.#withinReserve(writes);
    const { written, left } = this.#write(wanted);
    decided.push(...written);
    // What rests on nothing but what is durable already needs no flush.
    const waiting = decided.filter(({ waiting: { job, resolve }, answer, reach }) => {
      const settled = (typeof job !== 'string' && job.relaxed && answer.done) || reach <= durable;
      if (settled && job !== 'compact') resolve(answer);
      return !settled;
    });
    const { sure, unsure } = waiting.length > 0 ? await this.#makeDurable(waiting) : { sure: [], unsure: [] };
    if (batch.some(({ job }) => job === 'settle')) this.#log.sayDurable();
    for (const { waiting: one, answer } of sure) if (one.job !== 'compact') one.resolve(answer);
    return [...left, ...unsure];
  }

  /** @returns `unsure`: has to be decided again */
  async #makeDurable(waiting: readonly Decided[]): Promise<Settled> {
    const log = this.#log;
    // Until the last word is written: where something else fails meanwhile, its file must not be closed under us.
    const release = log.pin();
    try {
      await log.flush();
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      return await this.#rescue(error, waiting);
    } finally {
      release();
    }
    try {
      // A log that was deleted meanwhile made nothing durable.
      log.refresh();
    } catch (error) {
      throw error instanceof LogFailure ? unknown(error) : error;
    }
    return { sure: waiting, unsure: [] };
  }

  /** After a flush that failed nothing in the page cache can be believed: a new file from memory, or nothing more. */
  async #rescue(error: unknown, waiting: readonly Decided[]): Promise<Settled> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const ours = await this.#switch((log) => compact(log, this.#options));
      return ours
        ? { sure: waiting, unsure: [] }
        : decideAgain(this.#log, waiting, asFailure(error, 'The journal failed').error);
    } catch {
      this.#retract(waiting);
      throw error;
    }
  }

  async #unsealed(): Promise<void> {
    this.#log.refresh();
    while (this.#log.sealed) {
      await this.#switch((log) => followSeal(log, this.#options));
      this.#log.refresh();
    }
  }

  async #compact(asked: readonly Waiting[]): Promise<void> {
    try {
      await this.#switch((log) => compact(log, this.#options));
      this.#compactFrom = 0;
      for (const { resolve } of asked) resolve(NOTHING);
    } catch (error) {
      if (error instanceof LogFailure) throw error;
      // Harmless: the log just goes on growing. Where it is sealed already, the next round finds out.
      this.#compactFrom = this.#log.fold.end * RETRY_GROWTH;
      for (const { reject } of asked) reject(asFailure(error, 'The journal cannot be compacted').error);
    }
  }

  /** @returns whether all that this process had folded is in the next generation */
  async #switch(next: (log: Log) => Promise<Next>): Promise<boolean> {
    const before = this.#log;
    const release = before.pin();
    const switched = next(before).then(({ log, ours }) => {
      this.#log = log;
      return ours;
    });
    this.#switching = switched.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await switched;
    } finally {
      this.#switching = undefined;
      release();
    }
  }

  /** Answers what needs no line: what the log, just read to its end, decides already. Only where no earlier write of this batch may still
   *  change that. */
  #sort(batch: readonly Waiting[]): { decided: Decided[]; writes: Writing[] } {
    const decided: Decided[] = [];
    const writes: Writing[] = [];
    const touched = new Set<string>();
    for (const waiting of batch) {
      const { job } = waiting;
      if (typeof job === 'string') {
        decided.push({ waiting, answer: NOTHING, reach: this.#log.fold.written });
        continue;
      }
      const { identity } = job.entry;
      try {
        const existing = this.#log.fold.stored(identity);
        if (!touched.has(identity)) {
          const judged = judgeEntry(existing, job.entry);
          if (judged === 'kept' || judged === 'again') {
            decided.push(this.#decide(waiting, { done: judged === 'again', stored: existing, before: existing }));
            continue;
          }
          // What cannot be read must not be written to either.
          if (existing !== undefined) this.#log.reader.peek(identity, existing);
        }
        touched.add(identity);
        writes.push(waiting as Writing);
      } catch (error) {
        if (error instanceof LogFailure) throw error;
        waiting.reject(error);
      }
    }
    return { decided, writes };
  }

  #decide(waiting: Waiting, { done, stored }: Applied): Decided {
    const identity = typeof waiting.job === 'string' ? '' : waiting.job.entry.identity;
    const record = stored && this.#log.reader.record(identity, stored);
    return { waiting, answer: { done, record }, reach: stored?.end ?? (done ? this.#log.fold.end : 0) };
  }

  /** While the reserve is gone, whoever has given it back, what begins is refused: the space is for what has begun. */
  async #withinReserve(writes: readonly Writing[]): Promise<readonly Writing[]> {
    const { directory, io } = this.#options;
    if (!writes.some(({ job }) => job.begins) || (!this.#tight && hasReserve(directory, io))) return writes;
    this.#tight = !(await holdReserve(directory, io));
    return this.#tight ? this.#refuseBeginnings(writes, full(directory)) : writes;
  }

  #refuseBeginnings(writes: readonly Writing[], error: unknown): readonly Writing[] {
    for (const { job, reject } of writes) if (job.begins) reject(error);
    return writes.filter(({ job }) => !job.begins);
  }

  /** @returns `left` where the generation was sealed before */
  #write(writes: readonly Writing[]): { readonly written: readonly Decided[]; readonly left: readonly Writing[] } {
    if (writes.length === 0) return { written: [], left: [] };
    let applied: readonly Applied[] | undefined;
    try {
      applied = this.#log.write(
        writes.map(({ job }) => job.text),
        writes.map(({ job }) => job.entry),
      );
    } catch (error) {
      if (error instanceof LogFailure) throw error;
      const full = error instanceof JournalError && error.reason === 'quota' && !this.#tight;
      if (!full) {
        for (const { reject } of writes) reject(error);
        return { written: [], left: [] };
      }
      this.#tight = true;
      releaseReserve(this.#options.directory, this.#options.io);
      return this.#write(this.#refuseBeginnings(writes, error));
    }
    if (applied === undefined) return { written: [], left: writes };
    const written: Decided[] = [];
    for (const [at, waiting] of writes.entries()) {
      const result = applied[at];
      const decided = result && this.#written(waiting, result);
      if (decided !== undefined) written.push(decided);
    }
    return { written, left: [] };
  }

  /** What became of one of the writes; those beside it are stored, whatever is wrong with this one. */
  #written(waiting: Writing, result: Applied): Decided | undefined {
    try {
      const { stored, before } = result;
      const { value } = waiting.job;
      // Created: what was written is the answer. Nothing of it is kept but its line: most that is claimed is asked for once more at most.
      if (value !== undefined && before === undefined && stored !== undefined) {
        return { waiting, answer: { done: true, record: value }, reach: stored.end };
      }
      this.#keep(waiting.job, result);
      return this.#decide(waiting, result);
    } catch (error) {
      if (error instanceof LogFailure) throw error;
      waiting.reject(error);
      return undefined;
    }
  }

  /** What is known already need not be read. */
  #keep(job: Job, { done, stored, before }: Applied): void {
    const known = before?.value;
    if (done && before !== undefined && before !== stored) this.#log.reader.drop(before);
    if (!done || stored === undefined || stored.value !== undefined) return;
    if (
      job.change !== undefined &&
      known !== undefined &&
      before !== undefined &&
      before.revision + 1 === stored.revision
    ) {
      const { record } = applyUpdate(known, job.change);
      if (record !== undefined) this.#log.reader.keep(stored, copyOf(record));
    }
  }

  /** Their callers hear that nothing was stored, but the lines are in the file: without this a restart might find them and send.
   *  Best effort, for the disk has just failed. */
  #retract(waiting: readonly Decided[]): void {
    const claims = waiting.flatMap(({ waiting: { job }, answer }) =>
      typeof job !== 'string' && job.entry.kind === 'claim' && answer.done ? [job.entry] : [],
    );
    if (claims.length === 0) return;
    try {
      this.#log.write(claims.map(({ identity, revision }) => encodeRemove(identity, revision)));
    } catch {
      // The error of the flush says that the state is unknown.
    }
  }

  #fail(error: unknown): LogFailure {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = asFailure(error, 'The journal failed');
    this.#idle?.();
    this.#log.close();
    this.#onFailure(this.#failure);
    return this.#failure;
  }
}

function full(directory: string): JournalError {
  return new JournalError(
    'quota',
    `The journal in ${directory} has no space in reserve to finish what it would begin. Free some; what is stored is untouched.`,
  );
}

/** Callers who were just answered come back within a few microtasks: their next writes belong into this batch, not behind its flush. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => nextTick(resolve));
}
