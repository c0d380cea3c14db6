import type { JournalRecord } from '../../core/record.ts';
import { collected, DEFAULT_RETENTION } from '../../core/retention.ts';
import type { Crash } from './plan.ts';

export interface Entry {
  readonly identity: string;
  /** Undefined: removed. */
  readonly record: JournalRecord | undefined;
}

/** What a machine's disk holds of a journal: what its processes see, and what a power cut leaves for sure. */
export class JournalImage {
  readonly seen: Map<string, JournalRecord> = new Map<string, JournalRecord>();
  readonly durable: Map<string, JournalRecord> = new Map<string, JournalRecord>();
  /** A write of it was under way when its process ended: only a later look at the real journal tells what became of it. */
  readonly uncertain: Set<string> = new Set<string>();
  /** Written and not flushed, in the order of the log. */
  #unflushed: Entry[] = [];
  #flushed = 0;

  /** Where the log ends. */
  get end(): number {
    return this.#flushed + this.#unflushed.length;
  }

  get dirty(): boolean {
    return this.#unflushed.length > 0;
  }

  /** Told of every write to the log. */
  onWrite: (before: JournalRecord | undefined, after: JournalRecord | undefined) => void = () => {};

  write(identity: string, record: JournalRecord | undefined): void {
    this.onWrite(this.seen.get(identity), record);
    put(this.seen, identity, record);
    this.#unflushed.push({ identity, record });
  }

  /** All before `end` is on the device. */
  flush(end: number): void {
    const entries = this.#unflushed.splice(0, Math.max(0, end - this.#flushed));
    this.#flushed += entries.length;
    for (const { identity, record } of entries) put(this.durable, identity, record);
  }

  /** This record is on the device, whatever was written beside it. */
  confirm(record: JournalRecord): void {
    const { identity } = record;
    if ((this.durable.get(identity)?.revision ?? -1) <= record.revision) this.durable.set(identity, record);
  }

  /** The log is kept up to some point behind its last flush. */
  powerCut(left: NonNullable<Crash['left']>): void {
    const unflushed = this.#unflushed.length;
    const kept = { none: 0, one: 1, half: unflushed >> 1, 'all-but-one': unflushed - 1, all: unflushed }[left];
    this.flush(this.#flushed + Math.min(Math.max(0, kept), unflushed));
    this.#flushed += this.#unflushed.length;
    this.#unflushed = [];
    this.seen.clear();
    for (const [identity, record] of this.durable) this.seen.set(identity, record);
  }

  /** What a journal throws away when it is opened. */
  collect(now: number): void {
    for (const [identity, record] of this.durable) {
      const kept = collected(record, DEFAULT_RETENTION, now);
      if (kept === record) continue;
      this.durable.set(identity, kept);
      this.seen.set(identity, kept);
    }
  }
}

function put(map: Map<string, JournalRecord>, identity: string, record: JournalRecord | undefined): void {
  if (record === undefined) map.delete(identity);
  else map.set(identity, record);
}
