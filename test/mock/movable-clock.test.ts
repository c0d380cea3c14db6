import fc from 'fast-check';
import { expect, test } from 'vitest';
import { movableClock } from '../../src/mock/movable-clock.ts';

const HOUR = 3_600_000;

test('starts at real time and goes on with it', async () => {
  const clock = movableClock();
  expect(Math.abs(clock.now() - Date.now())).toBeLessThanOrEqual(1);
  const [wall, steady] = [clock.now(), clock.monotonic()];
  await clock.sleep(20);
  expect(clock.now() - wall).toBeGreaterThanOrEqual(19);
  expect(clock.monotonic() - steady).toBeGreaterThanOrEqual(20);
});

test('advance moves both readings', async () => {
  const clock = movableClock();
  const [wall, steady] = [clock.now(), clock.monotonic()];
  await clock.advance('24h');
  expect(clock.now() - wall).toBeGreaterThanOrEqual(24 * HOUR);
  expect(clock.now() - wall).toBeLessThan(24 * HOUR + 1_000);
  expect(clock.monotonic() - steady).toBeGreaterThanOrEqual(24 * HOUR);
});

test('sleepers wake in the order in which they are due, each at its own time', async () => {
  const delays = fc.uniqueArray(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(delays, async (minutes) => {
      const clock = movableClock();
      const start = clock.monotonic();
      const woken: number[] = [];
      for (const wait of minutes) {
        void clock.sleep(wait * 60_000).then(() => woken.push(Math.round((clock.monotonic() - start) / 60_000)));
      }
      await clock.advance('10h');
      expect(woken).toEqual([...minutes].sort((one, other) => one - other));
    }),
    { numRuns: 20 },
  );
});

test('a sleep that begins while the clock moves is woken in the same move', async () => {
  const clock = movableClock();
  let rounds = 0;
  void (async () => {
    for (;;) {
      await clock.sleep(HOUR);
      rounds += 1;
    }
  })();
  await clock.advance('5h');
  expect(rounds).toBe(5);
  await clock.advance(HOUR / 2);
  expect(rounds).toBe(5);
});

test('moves asked for together follow one another', async () => {
  const clock = movableClock();
  const start = clock.monotonic();
  let woken = false;
  void clock.sleep(3 * HOUR).then(() => {
    woken = true;
  });
  await Promise.all([clock.advance('1h'), clock.advance('1h'), clock.advance('1h')]);
  expect(clock.monotonic() - start).toBeGreaterThanOrEqual(3 * HOUR);
  expect(woken).toBe(true);
});

test('a sleep ends with the reason of its signal, before or during', async () => {
  const clock = movableClock();
  const reason = new Error('enough');
  const controller = new AbortController();
  const sleeping = clock.sleep(HOUR, controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(clock.sleep(HOUR, controller.signal)).rejects.toBe(reason);
  await clock.advance('2h');
});

test('sleeps of no time and of more than a timer can hold', async () => {
  const clock = movableClock();
  await clock.sleep(0);
  await clock.sleep(-5);
  let woken = false;
  const controller = new AbortController();
  const long = clock.sleep(3_000_000_000, controller.signal).then(() => {
    woken = true;
  });
  await clock.sleep(20);
  expect(woken).toBe(false);
  await clock.advance('40d');
  await long;
  expect(woken).toBe(true);
});

test.each([-1, Number.NaN, '1 hour' as '1h', Number.POSITIVE_INFINITY])('refuses to move by %s', (by) => {
  expect(() => movableClock().advance(by)).toThrow('clock.advance must be');
});
