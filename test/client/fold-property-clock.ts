import type { Clock } from '../../src/index.node.ts';

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** Time that stands still until it is moved: an hour of waiting takes none. */
export class StandingClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();
  /** Called after every move. */
  moved: () => void = () => undefined;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const abort = (): void => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        // Whole milliseconds, as timers have them: a fraction is lost beside the time since 1970, and whoever measures it would sleep again for ever.
        due: this.#now + Math.ceil(Math.max(0, ms)),
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves to where the next sleeper wakes; false where nobody sleeps. */
  step(): boolean {
    const [next] = [...this.#sleepers].toSorted((one, other) => one.due - other.due);
    if (next === undefined || next.due === Number.POSITIVE_INFINITY) return false;
    this.#now = Math.max(this.#now, next.due);
    this.moved();
    next.wake();
    return true;
  }

  /** Lets a promise settle, moving the clock whenever nothing else goes on. `early`: what else ends the waiting.
   *  @throws where it never would: nobody sleeps, or too many wake */
  async settle<Value>(promise: Promise<Value>, early: () => boolean = () => false): Promise<Value | undefined> {
    let settled: { readonly value: Promise<Value> } | undefined;
    promise.then(
      () => (settled = { value: promise }),
      () => (settled = { value: promise }),
    );
    let idle = 0;
    for (let steps = 0; steps < 20_000; steps++) {
      await turns();
      if (settled) return settled.value;
      if (early()) return undefined;
      // Whoever reads a file is not asleep, and comes back by itself.
      idle = this.step() ? 0 : idle + 1;
      if (idle > 2_000) throw new Error('Nobody sleeps, and the promise is not settled.');
    }
    throw new Error('The promise did not settle.');
  }
}

/** What is under way in this process goes on until it waits for the clock. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
