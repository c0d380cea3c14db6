import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clockWentBack, KeyAge, keyExpires, keyLeft, keyLifetime, keyMargin } from '../../src/core/key-age.ts';
import { DAY, NOW } from './support/rules.ts';

const HOUR = 3_600_000;

describe('age', () => {
  test.each<[string, readonly [now: number, monotonic: number], number]>([
    ['time passes', [NOW + HOUR, 5_000 + HOUR], HOUR],
    ['the wall clock is set back', [NOW - DAY, 5_000 + HOUR], HOUR],
    ['the machine sleeps, the monotonic clock with it', [NOW + DAY, 5_000 + 10], DAY],
    ['both stand still', [NOW, 5_000], 0],
    ['the wall clock is set back at once', [NOW - 1, 5_000], 0],
    ['the wall clock is set forward', [NOW + 10 * DAY, 5_000 + 10], 10 * DAY],
  ])('%s', (_name, [now, monotonic], expected) => {
    expect(new KeyAge(NOW, NOW, 5_000).at(now, monotonic)).toBe(expected);
  });
  test('found after a restart', () => {
    const age = new KeyAge(NOW, NOW + DAY, 70);
    expect(age.at(NOW + DAY, 70)).toBe(DAY);
    expect(age.at(NOW, 70 + HOUR)).toBe(DAY + HOUR);
  });
  test('found with a clock that stands before the dispatch', () => {
    expect(new KeyAge(NOW, NOW - DAY, 70).at(NOW - DAY + HOUR, 70 + HOUR)).toBe(HOUR);
  });

  const time = fc.integer({ min: 0, max: 4e12 });
  const step = fc.integer({ min: 0, max: 10 * DAY });
  test('is never below what either clock says has passed', () => {
    fc.assert(
      fc.property(time, time, time, fc.array(fc.tuple(time, step)), (dispatchedAt, start, monotonic, readings) => {
        const age = new KeyAge(dispatchedAt, start, monotonic);
        let steady = monotonic;
        for (const [now, passed] of readings) {
          steady += passed;
          const found = age.at(now, steady);
          expect(found).toBeGreaterThanOrEqual(now - dispatchedAt);
          expect(found).toBeGreaterThanOrEqual(start - dispatchedAt + (steady - monotonic));
          expect(found).toBeGreaterThanOrEqual(steady - monotonic);
        }
      }),
    );
  });
  test('never falls while the process lives and the wall clock stands', () => {
    fc.assert(
      fc.property(time, time, fc.array(step, { minLength: 1 }), (dispatchedAt, now, steps) => {
        const age = new KeyAge(dispatchedAt, now, 0);
        let [steady, last] = [0, age.at(now, 0)];
        for (const passed of steps) {
          steady += passed;
          const found = age.at(now, steady);
          expect(found).toBeGreaterThanOrEqual(last);
          last = found;
        }
      }),
    );
  });
});

describe('lifetime', () => {
  test.each([
    [{ kind: 'fixed', ms: DAY }, DAY, DAY / 10],
    [{ kind: 'floor', ms: HOUR }, HOUR, HOUR / 10],
    [{ kind: 'floor', ms: 5 * 60_000 }, 5 * 60_000, 60_000],
    [{ kind: 'unpublished' }, 5 * 60_000, 60_000],
    [{ kind: 'forever' }, Number.POSITIVE_INFINITY, 0],
  ] as const)('%o', (lifetime, ms, margin) => {
    expect(keyLifetime(lifetime)).toBe(ms);
    expect(keyMargin(ms)).toBe(margin);
  });
  test('the last send could still arrive before the margin', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 * DAY }),
        fc.integer({ min: 1, max: 40 * DAY }),
        fc.integer({ min: 0, max: HOUR }),
        (age, lifetime, attemptTimeout) => {
          const sends = !keyExpires(age, lifetime, attemptTimeout);
          const arrives = age + attemptTimeout;
          expect(sends).toBe(arrives < lifetime - Math.max(60_000, lifetime / 10));
        },
      ),
    );
  });
  test('what is left of it is how long a send may be put off', () => {
    expect(keyLeft(1_000, DAY, 30_000)).toBe(DAY - DAY / 10 - 30_000 - 1_000);
    fc.assert(
      fc.property(fc.nat(DAY), fc.integer({ min: 1, max: DAY }), fc.nat(HOUR), (age, lifetime, attemptTimeout) => {
        const left = keyLeft(age, lifetime, attemptTimeout);
        expect(keyExpires(age, lifetime, attemptTimeout)).toBe(left <= 0);
      }),
    );
    expect(keyLeft(DAY, Number.POSITIVE_INFINITY, 30_000)).toBe(Number.POSITIVE_INFINITY);
  });
  test.each([Number.NaN])('an age of %s never sends', (age) => {
    expect(keyExpires(age, DAY, 30_000)).toBe(true);
  });
});

test.each([
  [NOW, false],
  [NOW + DAY, false],
  [NOW - 60_000, false],
  [NOW - 60_001, true],
  [0, true],
])('a clock at %i', (now, back) => {
  expect(clockWentBack(now, NOW)).toBe(back);
});
