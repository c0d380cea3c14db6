import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryAfter } from '../../src/core/retry-after.ts';
import { NOW } from './support/rules.ts';

const IMF = 'Sun, 06 Nov 1994 08:49:37 GMT';
const EPOCH = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('seconds', () => {
  test.each([
    ['0', 0],
    ['1', 1_000],
    ['007', 7_000],
    [' 120 ', 120_000],
    ['999999999', 999_999_999_000],
  ])('%o', (value, ms) => {
    expect(retryAfter(value, undefined, NOW)).toBe(ms);
  });
});

describe('dates, against the Date of the answer', () => {
  test.each([
    ['IMF-fixdate', IMF],
    ['RFC 850', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['asctime', 'Sun Nov  6 08:49:37 1994'],
  ])('%s', (_name, value) => {
    expect(retryAfter(value, undefined, EPOCH - 5_000)).toBe(5_000);
    // whatever our own clock says
    for (const now of [0, EPOCH, NOW, NOW * 10]) {
      const year = new Date(now).getUTCFullYear();
      if (value.includes('-94') && (year < 1994 || year > 2043)) continue;
      expect(retryAfter(value, 'Sun, 06 Nov 1994 08:49:30 GMT', now)).toBe(7_000);
    }
  });
  test('every form of the Date, and two-digit days of asctime', () => {
    expect(retryAfter('Wed Nov 16 08:49:37 1994', 'Wednesday, 16-Nov-94 08:49:36 GMT', NOW)).toBe(1_000);
  });
  test.each(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'])('%s', (name) => {
    const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(name);
    const date = Date.UTC(1994, month, 6, 8, 49, 37);
    expect(retryAfter(`Sun, 06 ${name} 1994 08:49:37 GMT`, undefined, date - 5_000)).toBe(5_000);
  });
  test('a malformed Date is none', () => {
    expect(retryAfter(IMF, 'yesterday', EPOCH - 1_000)).toBe(1_000);
  });
  test('the past is now', () => {
    expect(retryAfter(IMF, undefined, NOW)).toBe(0);
    expect(retryAfter(IMF, 'Mon, 07 Nov 1994 08:49:37 GMT', 0)).toBe(0);
  });
  test.each([
    // more than fifty years ahead is the past
    [2026, '76', 2076],
    [2026, '77', 1977],
    [2026, '94', 1994],
    [2026, '00', 2000],
    [2060, '10', 2110],
    [2060, '11', 2011],
    [2099, '05', 2105],
  ])('in %i the year %s is %i', (thisYear, year, expected) => {
    const now = Date.UTC(thisYear, 5, 1);
    const wait = retryAfter(`Monday, 01-Jun-${year} 00:00:00 GMT`, undefined, now);
    expect(wait).toBe(Math.max(0, Date.UTC(expected, 5, 1) - now));
  });
});

describe('malformed is absent', () => {
  test.each([
    undefined,
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '1,2',
    '5, 5',
    '5s',
    '٣',
    '9999999999',
    'soon',
    'Infinity',
    'NaN',
    '2026-01-02T03:04:05Z',
    '1994-11-06',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Foo 1994 08:49:37 GMT',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 8:49:37 GMT',
    'Sun, 32 Nov 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 31 Feb 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 06 Nov 1994 08:49:99 GMT',
    'Sun Nov 6 08:49:37 1994',
    `${IMF}, ${IMF}`,
  ])('%o', (value) => {
    expect(retryAfter(value, IMF, NOW)).toBeUndefined();
  });
  test('a leap second is not malformed', () => {
    expect(retryAfter('Sat, 31 Dec 2016 23:59:60 GMT', 'Sat, 31 Dec 2016 23:59:59 GMT', NOW)).toBe(1_000);
  });
});

test('whatever the server sends: undefined, or a time that is not negative and not NaN', () => {
  const text = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    fc.stringMatching(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/),
    fc.stringMatching(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/),
  );
  fc.assert(
    fc.property(text, fc.option(text, { nil: undefined }), fc.integer({ min: 0, max: 4e12 }), (value, date, now) => {
      const wait = retryAfter(value, date, now);
      expect(wait === undefined || (Number.isFinite(wait) && wait >= 0)).toBe(true);
    }),
  );
});
