import type { Clock } from '../core/ports.ts';

/** Requests that are still on their way, though their callers were told that the connection is lost. */
export class Zombies {
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param delay milliseconds; 0: until the next `release` */
  hold(arrive: () => void, delay: number): void {
    if (delay === 0) this.#waiting.push(arrive);
    else this.#clock.sleep(delay, this.#end.signal).then(arrive, () => {});
  }

  /** Those without a time of their own arrive now. */
  release(): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting;
    this.#waiting = [];
    for (const arrive of due) arrive();
  }

  /** None of them arrives any more. */
  end(): void {
    this.#waiting = [];
    this.#end.abort();
  }
}
