import { SnapshotIndex } from './snapshot-index.ts';
import type { Indexed, Stored } from './stored.ts';

/** What is read of the snapshot when it is asked for. */
export interface SnapshotRecords {
  /** Of the record before which so many are listed. */
  listed(ordinal: number): Stored;
  nameOf(ordinal: number): string;
}

/** All records by name, in the order of their first claims: those of the snapshot as numbers until they change. */
export class NameIndex {
  readonly #records: SnapshotRecords;
  readonly #snapshot: SnapshotIndex;
  /** Of the snapshot, and changed or looked at since. */
  readonly #changed = new Map<string, Stored>();
  /** Of the snapshot, and removed since. */
  readonly #removed = new Set<number>();
  readonly #later = new Map<string, Stored>();

  constructor(records: SnapshotRecords) {
    this.#records = records;
    this.#snapshot = new SnapshotIndex((ordinal) => records.nameOf(ordinal));
  }

  get size(): number {
    return this.#snapshot.size - this.#removed.size + this.#later.size;
  }

  /** Adds the records of the snapshot that follow. */
  list(hashes: Buffer, seed: number): void {
    this.#snapshot.add(hashes, seed);
  }

  get(identity: string): Indexed | undefined {
    return this.#later.get(identity) ?? this.#changed.get(identity) ?? this.#listed(identity);
  }

  set(identity: string, stored: Stored): void {
    const old = !this.#later.has(identity) && (this.#changed.has(identity) || this.#listed(identity) !== undefined);
    (old ? this.#changed : this.#later).set(identity, stored);
  }

  delete(identity: string): void {
    if (this.#later.delete(identity)) return;
    const ordinal = this.#listed(identity);
    if (ordinal === undefined) return;
    this.#changed.delete(identity);
    this.#removed.add(ordinal);
  }

  *keys(): Generator<string> {
    for (const [identity] of this) yield identity;
  }

  *[Symbol.iterator](): Generator<readonly [string, Indexed]> {
    for (let ordinal = 0; ordinal < this.#snapshot.size; ordinal++) {
      if (this.#removed.has(ordinal)) continue;
      const identity = this.#records.nameOf(ordinal);
      yield [identity, this.#changed.get(identity) ?? ordinal];
    }
    yield* this.#later;
  }

  #listed(identity: string): number | undefined {
    const ordinal = this.#snapshot.find(identity);
    return ordinal === undefined || this.#removed.has(ordinal) ? undefined : ordinal;
  }
}
