import type { Lifetime } from './profile.ts';

/** The shortest lifetime any of fifty APIs publishes: what an unpublished one is taken for. */
const UNPUBLISHED = 5 * 60_000;

/** Clocks are corrected in small steps all the time; a step back beyond this one is a clock that went back. */
const CLOCK_TOLERANCE = 60_000;

/** How long the server is sure to remember a key, in milliseconds. */
export function keyLifetime(lifetime: Lifetime): number {
  if ('ms' in lifetime) return lifetime.ms;
  return lifetime.kind === 'forever' ? Number.POSITIVE_INFINITY : UNPUBLISHED;
}

/** How much of the lifetime is left unused: clocks differ, and an attempt takes time to arrive. */
export function keyMargin(lifetime: number): number {
  return Number.isFinite(lifetime) ? Math.max(60_000, lifetime / 10) : 0;
}

/** Whether a send of a key of this age could arrive after the server has forgotten it (I6). Then it could be executed a second time. */
export function keyExpires(age: number, lifetime: number, attemptTimeout: number): boolean {
  // Turned round, so that an age that is no number stops the send.
  return !(age + attemptTimeout < lifetime - keyMargin(lifetime));
}

/** How much longer such a send may be put off, in milliseconds. */
export function keyLeft(age: number, lifetime: number, attemptTimeout: number): number {
  return lifetime - keyMargin(lifetime) - attemptTimeout - age;
}

/** Whether the wall clock stands before a time this operation has already seen: then the age of its key is unknown. */
export function clockWentBack(now: number, lastSeenAt: number): boolean {
  return now < lastSeenAt - CLOCK_TOLERANCE;
}

/** The age of a key from two clocks: the wall clock counts while the machine sleeps or the process is gone, the monotonic one cannot be set back.
 *  The larger is true, or on the safe side. */
export class KeyAge {
  readonly #dispatchedAt: number;
  readonly #ageAtStart: number;
  readonly #monotonicAtStart: number;

  constructor(dispatchedAt: number, now: number, monotonic: number) {
    this.#dispatchedAt = dispatchedAt;
    this.#ageAtStart = Math.max(0, now - dispatchedAt);
    this.#monotonicAtStart = monotonic;
  }

  at(now: number, monotonic: number): number {
    return Math.max(0, now - this.#dispatchedAt, this.#ageAtStart + monotonic - this.#monotonicAtStart);
  }
}
