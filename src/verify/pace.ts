import { setTimeout as sleep } from 'node:timers/promises';

/** So many requests a second. Those that have to go out at once do, and the next ones wait the longer. */
export class Pace {
  readonly #each: number;
  #free = 0;

  constructor(rate: number) {
    this.#each = 1000 / rate;
  }

  async take(requests = 1): Promise<void> {
    if (this.#each === 0) return;
    const now = performance.now();
    const start = Math.max(now, this.#free);
    this.#free = start + requests * this.#each;
    if (start > now) await sleep(start - now);
  }
}
