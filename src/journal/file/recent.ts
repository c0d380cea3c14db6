import type { JournalRecord } from '../../core/record.ts';
import type { Stored } from './stored.ts';

/** So much text of records stays in memory: an operation is asked for again while it is under way, and seldom afterwards. */
const MOST = 8 * 1024 * 1024;

/** The records that were used last. What falls out is read from the file again. */
export class Recent {
  /** In the order of their coming, with their lengths. */
  readonly #kept = new Map<Stored, number>();
  #length = 0;

  keep(stored: Stored, record: JournalRecord): void {
    if (this.#kept.has(stored)) return;
    const { fixed, state } = stored;
    const length = fixed.to - fixed.from + (state === undefined ? 0 : state.to - state.from);
    stored.value = record;
    this.#kept.set(stored, length);
    this.#length += length;
    for (const oldest of this.#kept.keys()) {
      if (this.#length <= MOST) return;
      this.drop(oldest);
    }
  }

  /** It is no longer what is stored. */
  drop(stored: Stored): void {
    this.#length -= this.#kept.get(stored) ?? 0;
    this.#kept.delete(stored);
    stored.value = undefined;
  }
}
