import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../src/core/duration.ts';
import { UsageError } from '../../src/core/errors/index.ts';
import type { Duration } from '../../src/core/types.ts';

describe('durations', () => {
  test.each<[Duration, number]>([
    [0, 0],
    [1.5, 1.5],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['400d', 34_560_000_000],
    [34_560_000_000, 34_560_000_000],
  ])('%s', (given, ms) => {
    expect(milliseconds(given, 'x')).toBe(ms);
  });

  test.each([
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    34_560_000_001,
    '401d',
    '-1s',
    '30',
    's',
    '',
    '30 s',
    ' 30s',
    '30S',
    '1e3s',
    '0x10s',
    '1,5s',
    '.5s',
    '5.s',
    '30sec',
    '1h30m',
    'Infinity',
    `${'9'.repeat(400)}d`,
    null,
    undefined,
    true,
    10n,
    [],
    {},
    Symbol('1s'),
  ])('%o is refused by name', (given) => {
    expect(() => milliseconds(given as Duration, 'waitTimeout')).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', message: expect.stringContaining('waitTimeout') }),
    );
  });

  test('Infinity where it may be, and nothing that only overflows to it', () => {
    expect(milliseconds(Number.POSITIVE_INFINITY, 'x', { infinity: true })).toBe(Number.POSITIVE_INFINITY);
    for (const given of [Number.NaN, -1, '401d', `${'9'.repeat(400)}d`]) {
      expect(() => milliseconds(given as Duration, 'x', { infinity: true })).toThrow(UsageError);
    }
  });

  test('whatever is handed in, a number from 0 to 400 days or a UsageError', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        try {
          const ms = milliseconds(given as Duration, 'x');
          expect(ms >= 0 && ms <= 34_560_000_000).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
