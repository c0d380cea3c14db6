import type { JournalRecord } from '../../core/record.ts';
import type { Stored } from './stored.ts';

/** So many records stay in memory: an operation is asked for again while it is under way, and seldom afterwards. */
const MOST = 1024;

/** The records that were used last. What falls out is read from the file again. */
export class Recent {
  readonly #ring: (Stored | undefined)[] = [];
  #next = 0;

  keep(stored: Stored, record: JournalRecord): void {
    if (stored.value === undefined) {
      const oldest = this.#ring[this.#next];
      if (oldest !== undefined) oldest.value = undefined;
      this.#ring[this.#next] = stored;
      this.#next = (this.#next + 1) % MOST;
    }
    stored.value = record;
  }
}
