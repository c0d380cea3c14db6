import { OVER } from './over.ts';
import type { Clock } from './ports.ts';
import { draw, type Fare, FULL_BUCKET, settle, type TokenBucket } from './token-bucket.ts';

/** One exchange under way with an origin. Held from before the dispatch mark until the answer's body is read. */
export interface Slot {
  /** Whether it had to be waited for: then what was known of the record is old. */
  readonly waited: boolean;
  /** Gives the slot back. The first call counts: without a word of how it went, nothing was sent. */
  leave(end?: 'answered' | 'failed'): void;
}

export interface Arrival {
  /** What the attempt takes from the origin's bucket: nothing for first attempts and for questions. */
  readonly cost: number;
  /** Any of these ends the wait: the operation was cancelled, changed elsewhere, or the client closes. */
  readonly stops: readonly AbortSignal[];
  /** How long it may wait, ms; Infinity for ever. */
  readonly patience: number;
  /** Called at each change of what it waits for. */
  readonly waiting: (reason: 'queued' | 'rate-limited') => void;
}

export type Admitted =
  | { readonly kind: 'slot'; readonly slot: Slot }
  | { readonly kind: 'stopped' }
  /** Its patience is over, or cannot last until it may be sent. */
  | { readonly kind: 'late' };

interface Waiter extends Arrival {
  reason: 'queued' | 'rate-limited' | undefined;
  /** When its patience is over, on the monotonic clock. */
  readonly end: number;
  admit(admitted: Admitted): void;
}

interface Origin {
  open: number;
  bucket: TokenBucket;
  /** In the order of their arrival. */
  readonly queue: Set<Waiter>;
  /** Ends the sleep until the next probe; there is one only while somebody waits for it. */
  alarm: AbortController | undefined;
}

/** So many origins are kept though nothing is known of them that is not known of a new one. */
const REMEMBERED = 32;

/** Timers are cut into slices: laptops sleep. */
const SLICE = 60_000;

/** Who may send to which origin now: a few exchanges at once, first come, first served, and fewer retries the more of them fail. Shared by all
 *  operations of a client and its `extend` views. */
export class OriginTraffic {
  readonly #origins = new Map<string, Origin>();
  readonly #clock: Clock;
  readonly #concurrency: number;

  constructor({ clock, concurrency }: { readonly clock: Clock; readonly concurrency: number }) {
    this.#clock = clock;
    this.#concurrency = concurrency;
  }

  /** A slot for a first attempt, if one is free and nobody waits for it: then the claim can carry the dispatch mark. */
  take(origin: string): Slot | undefined {
    const found = this.#find(origin);
    if (found.open >= this.#concurrency || found.queue.size > 0) return undefined;
    return this.#grant(found, { fare: { paid: 0 }, waited: false });
  }

  /** Waits for a slot. Never rejects; holds no timer unless there is an end to its patience, or a probe to wait for. */
  async enter(origin: string, arrival: Arrival): Promise<Admitted> {
    if (arrival.stops.some((stop) => stop.aborted)) return { kind: 'stopped' };
    const found = this.#find(origin);
    const over = new AbortController();
    const { promise, resolve: admit } = Promise.withResolvers<Admitted>();
    const end = this.#clock.monotonic() + arrival.patience;
    const waiter: Waiter = { ...arrival, end, admit, reason: undefined };
    const leave = (kind: 'stopped' | 'late') => {
      // At once, and not where the promise is awaited: nobody may be given a slot that he no longer waits for.
      if (found.queue.delete(waiter)) this.#serve(found);
      admit({ kind });
    };
    found.queue.add(waiter);
    this.#serve(found);
    if (found.queue.has(waiter)) {
      if (waiter.reason === undefined) labelled(waiter, 'queued');
      for (const stop of arrival.stops) stop.addEventListener('abort', () => leave('stopped'), { signal: over.signal });
      if (Number.isFinite(arrival.patience))
        void this.#outlast(arrival.patience, over.signal).then(() => leave('late'));
    }
    const admitted = await promise;
    over.abort(OVER);
    return admitted;
  }

  #find(origin: string): Origin {
    let found = this.#origins.get(origin);
    if (!found) {
      if (this.#origins.size >= REMEMBERED) this.#forget();
      found = { open: 0, bucket: FULL_BUCKET, queue: new Set(), alarm: undefined };
      this.#origins.set(origin, found);
    }
    return found;
  }

  /** Lets out everybody who may go, in order. A retry that cannot pay holds back the retries behind it, but no first attempt. */
  #serve(found: Origin): void {
    const now = this.#clock.monotonic();
    let held: { readonly admitted: false; readonly wait: number } | undefined;
    for (const waiter of found.queue) {
      // Whoever leaves makes room, and serves again.
      if (found.open >= this.#concurrency) break;
      const drawn = held && waiter.cost > 0 ? held : draw(found.bucket, waiter.cost, now);
      if (drawn.admitted) {
        found.queue.delete(waiter);
        found.bucket = drawn.bucket;
        const slot = this.#grant(found, { fare: drawn.fare, waited: waiter.reason !== undefined });
        waiter.admit({ kind: 'slot', slot });
      } else if (now + drawn.wait > waiter.end) {
        found.queue.delete(waiter);
        waiter.admit({ kind: 'late' });
      } else {
        held = drawn;
        labelled(waiter, 'rate-limited');
      }
    }
    this.#setAlarm(found, found.open < this.#concurrency ? held?.wait : undefined);
  }

  #grant(found: Origin, { fare, waited }: { fare: Fare; waited: boolean }): Slot {
    found.open += 1;
    let left = false;
    return {
      waited,
      leave: (end) => {
        if (left) return;
        left = true;
        found.open -= 1;
        found.bucket = settle(found.bucket, fare, end ?? 'unsent');
        this.#serve(found);
      },
    };
  }

  /** One sleep per origin, to its next probe, and only while somebody waits for it. */
  #setAlarm(found: Origin, wait: number | undefined): void {
    found.alarm?.abort();
    found.alarm = undefined;
    if (wait === undefined) return;
    const alarm = new AbortController();
    found.alarm = alarm;
    this.#clock.sleep(wait, alarm.signal).then(
      () => this.#serve(found),
      () => undefined,
    );
  }

  /** A client that talks to very many hosts must not remember them all. */
  #forget(): void {
    for (const [origin, { open, queue, bucket }] of this.#origins) {
      if (open === 0 && queue.size === 0 && bucket.tokens === FULL_BUCKET.tokens) this.#origins.delete(origin);
    }
  }

  /** Resolves when `patience` ms have passed on either clock, or on abort. */
  async #outlast(patience: number, signal: AbortSignal): Promise<void> {
    const wall = this.#clock.now();
    const steady = this.#clock.monotonic();
    for (;;) {
      const left = patience - Math.max(this.#clock.now() - wall, this.#clock.monotonic() - steady);
      if (left <= 0 || signal.aborted) return;
      await this.#clock.sleep(Math.min(left, SLICE), signal).catch(() => undefined);
    }
  }
}

function labelled(waiter: Waiter, reason: 'queued' | 'rate-limited'): void {
  if (waiter.reason === reason) return;
  waiter.reason = reason;
  waiter.waiting(reason);
}
