import type { DriverMark } from './driver-mark.ts';
import type { Journal } from './journal.ts';
import type { Clock } from './ports.ts';
import type { Driving } from './work.ts';

/** Without a sign of life for so long, a driver that nobody can vouch for is taken to be gone: long enough for an attempt and its answer. */
const SHORTEST_LEASE = 30_000;
const ANSWERING = 5_000;

/** The least number of looks at a record before it is called unchanged. */
const LOOKS = 3;

/** How long a record was seen unchanged. Time in which the follower itself stood still was seen by nobody: one look counts for a third of the lease
 *  at most. */
export class Lease {
  readonly #clock: Clock;
  readonly #length: number;
  #seen = 0;
  #last: number;

  constructor(clock: Clock, attemptTimeout: number) {
    this.#clock = clock;
    this.#length = Math.max(SHORTEST_LEASE, attemptTimeout + ANSWERING);
    this.#last = clock.monotonic();
  }

  /** Called where the record was read and is as it was. */
  look(): void {
    const now = this.#clock.monotonic();
    this.#seen += Math.min(now - this.#last, this.#length / LOOKS);
    this.#last = now;
  }

  get over(): boolean {
    return this.#seen >= this.#length;
  }
}

/** Reads of one journal by all who follow on it, at most: a tab may follow another one on hundreds of operations, and whatever that one writes is a
 *  hint to look at each. */
const READS_PER_SECOND = 200;

const following = new WeakMap<Journal, number>();

/** How long a follower leaves the journal to the others. */
export function readsApart(journal: Journal): number {
  return ((following.get(journal) ?? 0) * 1_000) / READS_PER_SECOND;
}

/** What of the operation a follower needs. */
export interface Follower {
  /** Sleeps until it is time to look again, or somebody interrupts. */
  pause(): Promise<void>;
  interrupt(): void;
  /** The driver lives. */
  lives(): void;
  /** Reads the record; says whether there is nothing left to follow. */
  changed(): Promise<boolean>;
}

/** Somebody else drives: waits until that one has changed the record, or is gone. */
export async function follow(
  driver: DriverMark,
  { settings, journal, presence, closing }: Driving,
  follower: Follower,
): Promise<'changed' | 'gone' | 'closed'> {
  const over = new AbortController();
  let verdict: 'alive' | 'gone' | 'unknown' = 'alive';
  const watching = presence.watch(driver, over.signal, { onThisMachine: journal.kind === 'file' }).then(
    (found) => {
      verdict = found;
      follower.interrupt();
    },
    () => undefined,
  );
  const judged = (): typeof verdict => verdict;
  const lease = new Lease(settings.clock, settings.attemptTimeout);
  following.set(journal, (following.get(journal) ?? 0) + 1);
  try {
    for (;;) {
      if (judged() === 'gone' || (judged() === 'unknown' && lease.over)) return 'gone';
      if (closing.aborted) return 'closed';
      await follower.pause();
      if (judged() === 'alive') follower.lives();
      if (await follower.changed()) return 'changed';
      lease.look();
    }
  } finally {
    following.set(journal, (following.get(journal) ?? 1) - 1);
    over.abort();
    await watching;
  }
}
