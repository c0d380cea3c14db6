import { Bag } from './bag.ts';
import { OVER } from './over.ts';
import type { Clock } from './ports.ts';

interface Limit {
  readonly at: number;
  readonly over: () => void;
  lifted: boolean;
}

/** How long everybody waits, over few sleeps. A timer for each costs more than what it guards: nearly all are ended before they fire, and the next
 *  caller makes the same again. A sleep that nobody needs any more runs out by itself, within the longest limit that was set. */
export class TimeLimits {
  readonly #clock: Clock;
  readonly #limits = new Bag<Limit>();
  readonly #closed = new AbortController();
  /** When each of the sleeps under way ends, on the monotonic clock; the first one first. */
  #sleeps: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `over` after `ms`, unless the returned function is called before. Never where `ms` is Infinity. */
  set(ms: number, over: () => void): () => void {
    if (ms === Number.POSITIVE_INFINITY) return () => undefined;
    const limit: Limit = { at: this.#clock.monotonic() + ms, over, lifted: false };
    const take = this.#limits.put(limit);
    this.#sleepUntil(limit.at, ms);
    return () => {
      limit.lifted = true;
      take();
    };
  }

  /** Ends the sleeps that nobody needs any more. */
  close(): void {
    if (this.#limits.size === 0) this.#closed.abort(OVER);
  }

  #sleepUntil(at: number, ms: number): void {
    if (at >= (this.#sleeps[0] ?? Number.POSITIVE_INFINITY)) return;
    this.#sleeps = [at, ...this.#sleeps];
    this.#clock.sleep(ms, this.#closed.signal).then(
      () => this.#end(at),
      () => undefined,
    );
  }

  /** A timer may fire a little before its time on the other clock: what it was for is over all the same. */
  #end(until: number): void {
    const now = this.#clock.monotonic();
    this.#sleeps = this.#sleeps.filter((at) => at !== until);
    const ended = this.#limits.takeWhere((limit) => limit.at <= until || limit.at <= now);
    const next = this.#limits.values().reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
    if (next < Number.POSITIVE_INFINITY) this.#sleepUntil(next, next - now);
    for (const limit of ended.toSorted((a, b) => a.at - b.at)) {
      // By what another one's end has just done.
      if (!limit.lifted) limit.over();
    }
  }
}
