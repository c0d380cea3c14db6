import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from '../../src/core/backoff.ts';

const limits = { baseDelay: 500, maxDelay: 30_000 };

test.each([
  [1, 500],
  [2, 1_000],
  [3, 2_000],
  [6, 16_000],
  [7, 30_000],
  [8, 30_000],
  [1_100, 30_000],
  [Number.MAX_SAFE_INTEGER, 30_000],
])('after %i attempts: anything below %i', (attempts, cap) => {
  expect(backoff(attempts, 0, limits)).toBe(0);
  expect(backoff(attempts, 0.5, limits)).toBe(cap / 2);
  expect(backoff(attempts, 1 - Number.EPSILON, limits)).toBeLessThan(cap);
});

test('never negative, never beyond the cap, never NaN', () => {
  const delay = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 34_560_000_000, noNaN: true }));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e9 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      delay,
      delay,
      (attempts, fraction, baseDelay, maxDelay) => {
        const wait = backoff(attempts, fraction, { baseDelay, maxDelay });
        expect(wait >= 0 && wait <= maxDelay).toBe(true);
      },
    ),
  );
});
