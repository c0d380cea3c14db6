import type { DriverMark } from './driver-mark.ts';

/** Time as the client sees it. A simulation replaces it whole. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump either way. */
  now(): number;
  /** Milliseconds that never go back while this process lives. May stand still while the machine sleeps. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with `signal.reason` when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Randomness for keys, salts and jitter. */
export interface Random {
  /** `n` bytes from a cryptographic source: idempotency keys are made of them. */
  bytes(n: number): Uint8Array;
  /** Uniform in [0, 1): jitter only. */
  fraction(): number;
}

/** Mutual exclusion between everything that shares a journal: Web Locks in browsers. */
export interface Locks {
  /** Runs `work` while holding `name` exclusively; queues behind the present holder, first come first served.
   *  The lock is released when `work` settles or when its holder dies. `signal` gives up queueing, not the lock. */
  hold<T>(name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T>;
}

/** Where a mark was found. */
export interface JournalPlace {
  /** The journal is on this machine's own disk: a mark of another boot was left by a machine that has been started anew. */
  readonly onThisMachine: boolean;
}

/** Who drives an operation, and whether that driver still lives. */
export interface Presence {
  /** The mark of this client, visible to others before the promise resolves. Memoised; another mark after `leave()`. */
  enter(): Promise<DriverMark>;
  /** Whether `mark` is ours and still announced. Synchronous: the gate asks it. */
  holds(mark: DriverMark | undefined): boolean;
  /** Says that this client no longer drives: called when nothing is pending and when a page is hidden for good. */
  leave(): void;
  /** Pending while `driver` lives; 'gone' once it is known dead; 'unknown' where that cannot be known. Rejects on abort. */
  watch(driver: DriverMark, signal: AbortSignal, where?: JournalPlace): Promise<'gone' | 'unknown'>;
}

/** Moments at which it is worth looking again: back online, page visible, page restored. Returns the unsubscribe function. */
export type OnWake = (listener: () => void) => () => void;

/** A UUID of version 5: SHA-1 over namespace and content. Synchronous, and present on insecure origins, where `crypto.subtle` is not. */
export type UuidV5 = (content: Uint8Array, namespace: string) => string;

/** What one platform supplies. Options of the same name replace a member. */
export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  /** A faster one than that of the package `uuid`, where the platform has it. */
  readonly uuidV5?: UuidV5;
  presence(locks: Locks | undefined, clock: Clock, random: Random): Presence;
  readonly onWake: OnWake;
  /** False only where the platform says so: it delays an attempt, it never refuses one. */
  online(): boolean;
  /** Tells a developer, where one looks while trying things out: the console of browsers. Nothing in Node. */
  warn(message: string): void;
  /** Keeps the process alive until the returned function is called. Nothing in browsers. */
  keepAlive(): () => void;
  /** The owner where none is configured; undefined: it must be said. */
  readonly defaultOwner: string | undefined;
}
