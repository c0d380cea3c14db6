import { describe, expect, test } from 'vitest';
import { Lease } from '../../src/core/follow.ts';
import type { Clock } from '../../src/core/ports.ts';

/** A lease, looked at after each of these many milliseconds: when it is over. */
function overAfter(attemptTimeout: number, waits: readonly number[]): number | undefined {
  let time = 1_000;
  const clock: Clock = { now: () => 0, monotonic: () => time, sleep: () => Promise.resolve() };
  const lease = new Lease(clock, attemptTimeout);
  for (const [at, wait] of waits.entries()) {
    if (lease.over) return at;
    time += wait;
    lease.look();
  }
  return lease.over ? waits.length : undefined;
}

const every = (ms: number): readonly number[] => Array.from({ length: 1_000 }, () => ms);

describe('a lease', () => {
  test.each([
    ['30 s for attempts that are shorter', 1_000, 1_000, 30],
    ['an attempt and its answer where that is longer', 30_000, 1_000, 35],
    ['a long attempt', 120_000, 1_000, 125],
    ['looked at four times a second', 1_000, 250, 120],
    // Timers of a page hidden for five minutes fire once a minute.
    ['looked at once a minute', 1_000, 60_000, 3],
  ])('is %s', (_, attemptTimeout, step, looks) => {
    expect(overAfter(attemptTimeout, every(step))).toBe(looks);
  });

  test('counts no time in which the follower itself stood still: an hour is one look', () => {
    expect(overAfter(1_000, [3_600_000])).toBeUndefined();
    expect(overAfter(1_000, [3_600_000, ...every(1_000)])).toBe(21);
  });
});
