import { Bag } from './bag.ts';
import { DisownedClaims } from './disowned-claims.ts';
import { OperationDriver } from './driver.ts';
import type { Journal } from './journal.ts';
import { OriginTraffic, type Slot } from './origin-traffic.ts';
import type { Clock, OnWake, Presence, Random } from './ports.ts';
import type { OperationRecord } from './record.ts';
import type { Settings } from './settings.ts';
import { TimeLimits } from './time-limits.ts';

export interface PoolInput {
  readonly presence: Presence;
  readonly clock: Clock;
  readonly random: Random;
  /** Attempts at once per origin. */
  readonly concurrency: number;
  readonly onWake: OnWake;
  online(): boolean;
  keepAlive(): () => void;
}

/** How far wake-ups are spread, so that all tabs do not send at the same moment when the network is back. */
const WAKE_SPREAD = 1_000;

/** How long a closing client waits for the journal to take the last writes. */
const LAST_WRITES = 1_000;

/** Every operation this process has under way, one driver each, shared by all clients made with `extend`. */
export class DriverPool {
  readonly presence: Presence;
  readonly keepAlive: () => () => void;
  readonly traffic: OriginTraffic;
  readonly limits: TimeLimits;
  readonly #closing = new AbortController();
  readonly #stop = new AbortController();
  readonly disowned: DisownedClaims = new DisownedClaims(this.#stop.signal);
  /** By identity. No Map, for the reason that `Bag` is no Set. */
  readonly #drivers = Object.create(null) as Record<string, OperationDriver>;
  /** Pending until a driver has ended, and has written that it has. */
  readonly #running = new Bag<Promise<void>>();
  readonly #input: PoolInput;
  readonly #idlers = new Set<() => void>();
  #occupied = 0;
  #admissions = 0;
  #leaving = false;
  #unsubscribe: (() => void) | undefined;
  readonly #watched = new Map<Journal, () => void>();

  constructor(input: PoolInput) {
    this.#input = input;
    this.presence = input.presence;
    this.traffic = new OriginTraffic(input);
    this.limits = new TimeLimits(input.clock);
    this.keepAlive = () => input.keepAlive();
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  get online(): boolean {
    return this.#input.online();
  }

  find(identity: string): OperationDriver | undefined {
    return this.#drivers[identity];
  }

  /** Keeps our presence announced: a mark written into a claim must still be ours when its driver starts. */
  occupy(): () => void {
    this.#occupied += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#occupied -= 1;
      this.#leaveIfDone();
    };
  }

  /** Counts a call that is not in the journal yet: idle() waits for it. */
  async admitting<T>(work: () => Promise<T>): Promise<T> {
    const release = this.occupy();
    this.#admissions += 1;
    try {
      return await work();
    } finally {
      this.#admissions -= 1;
      release();
      this.#tellIdlers();
    }
  }

  /** The driver of this record: the one at work, or a new one. `fresh`: our own claim, of which nothing was sent; `slot`: taken for its first attempt. */
  drive(
    record: OperationRecord,
    settings: Settings,
    { journal, fresh, slot }: { readonly journal: Journal; readonly fresh: boolean; readonly slot?: Slot | undefined },
  ): OperationDriver {
    const known = this.#working(record);
    if (known) {
      slot?.leave();
      return known;
    }
    const driver = new OperationDriver(
      record,
      {
        settings,
        journal,
        presence: this.presence,
        traffic: this.traffic,
        limits: this.limits,
        closing: this.#closing.signal,
        stop: this.#stop.signal,
        online: () => this.#input.online(),
      },
      { fresh, slot },
    );
    this.#drivers[record.identity] = driver;
    this.#listenTo(journal);
    const release = this.occupy();
    const unwatch = driver.listen(() => this.#tellIdlers());
    this.#unsubscribe ??= this.#input.onWake(() => void this.#wakeSpread());
    const running = driver.run().then(() => {
      ended();
      // A later round may have its own driver by now.
      if (this.#drivers[record.identity] === driver) delete this.#drivers[record.identity];
      unwatch();
      release();
      this.#tellIdlers();
    });
    const ended = this.#running.put(running);
    return driver;
  }

  #working(record: OperationRecord): OperationDriver | undefined {
    const known = this.#drivers[record.identity];
    if (known?.unstored && record.revision === known.record.revision) return known;
    if (known === undefined || known.ending !== undefined) return undefined;
    if (!isLaterLife(record, known.record)) {
      if (record.revision > known.record.revision) known.outdated();
      return known;
    }
    // Forgotten, or refused, and claimed again: the old attempt may still be answered, and is another operation's.
    known.outdated();
    return undefined;
  }

  /** Resolves when nothing is being sent or due now. */
  idle(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const release = this.keepAlive();
      const done = (settle: () => void) => {
        this.#idlers.delete(check);
        signal?.removeEventListener('abort', stop);
        release();
        settle();
      };
      const stop = () => done(() => reject(signal?.reason));
      const check = () => {
        if (this.#admissions === 0 && !Object.values(this.#drivers).some((driver) => driver.busy)) done(resolve);
      };
      if (signal?.aborted) return stop();
      signal?.addEventListener('abort', stop, { once: true });
      this.#idlers.add(check);
      check();
    });
  }

  /** No further attempt begins; attempts under way have `timeout` ms to be answered and stored. */
  async close(timeout: number): Promise<void> {
    const release = this.keepAlive();
    this.#unlisten();
    this.#closing.abort();
    for (const driver of Object.values(this.#drivers)) driver.interrupt();
    // A claim may come through meanwhile, in the name of this client.
    const ended = this.#admitted().then(() => Promise.all(this.#running.values()));
    await this.atMost(ended, timeout);
    this.#stop.abort();
    for (const driver of Object.values(this.#drivers)) driver.interrupt();
    // A journal that no longer answers must not keep a program from ending.
    await this.atMost(ended, LAST_WRITES);
    this.presence.leave();
    this.limits.close();
    release();
  }

  /** Waits for `work`, and keeps the process alive for it, but no longer than `timeout` ms. @throws what `work` rejects with in time */
  async atMost(work: Promise<unknown> | undefined, timeout: number): Promise<void> {
    const release = this.keepAlive();
    const over = new AbortController();
    try {
      await Promise.race([work, this.#input.clock.sleep(timeout, over.signal).catch(() => undefined)]);
    } finally {
      over.abort();
      release();
    }
  }

  /** Resolves when no call is on its way into the journal. */
  #admitted(): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.#admissions > 0) return;
        this.#idlers.delete(check);
        resolve();
      };
      this.#idlers.add(check);
      check();
    });
  }

  /** Hints spare a follower its next poll; it polls behind them all the same. */
  #listenTo(journal: Journal): void {
    if (this.#watched.has(journal)) return;
    try {
      this.#watched.set(
        journal,
        journal.watch((identity) => {
          if (identity !== undefined) return this.#drivers[identity]?.noticed();
          for (const driver of Object.values(this.#drivers)) driver.noticed();
        }),
      );
    } catch {
      // No hints: the claim is stored by now, and must not go without a driver for want of them.
    }
  }

  #unlisten(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    for (const unwatch of this.#watched.values()) unwatch();
    this.#watched.clear();
  }

  async #wakeSpread(): Promise<void> {
    const { clock, random } = this.#input;
    await clock.sleep(random.fraction() * WAKE_SPREAD).catch(() => undefined);
    for (const driver of Object.values(this.#drivers)) {
      if (driver.waiting === 'offline' || driver.waiting === 'backoff') driver.wake();
      // Back from a cache or a freeze: others may have gone on meanwhile.
      driver.noticed();
    }
  }

  #tellIdlers(): void {
    for (const check of [...this.#idlers]) check();
  }

  /** Not at once: who has been answered often calls again, and to announce a driver takes longer than most of what a call does. */
  #leaveIfDone(): void {
    if (this.#occupied > 0 || this.#leaving) return;
    this.#leaving = true;
    const leave = () => {
      this.#leaving = false;
      if (this.#occupied > 0) return;
      this.presence.leave();
      this.#unlisten();
    };
    this.#input.clock.sleep(0).then(leave, leave);
  }
}

/** Whether `record` is a later claim of the name than `known`. */
function isLaterLife({ fixed }: OperationRecord, known: OperationRecord): boolean {
  return fixed.key !== known.fixed.key && fixed.createdAt >= known.fixed.createdAt;
}
