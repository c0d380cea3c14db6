import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { TimeLimits } from '../../src/core/time-limits.ts';

/** A clock whose time the test moves, millisecond by millisecond; it counts the sleeps. */
function handClock() {
  let [time, begun] = [0, 0];
  const sleepers = new Map<() => void, number>();
  const clock: Clock = {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        begun += 1;
        if (signal?.aborted) return reject(signal.reason);
        sleepers.set(resolve, time + ms);
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(signal.reason);
        });
      }),
  };
  const pass = async (ms: number) => {
    for (let turn = 0; turn < ms; turn++) {
      time += 1;
      for (const [wake, at] of [...sleepers]) {
        if (at > time) continue;
        sleepers.delete(wake);
        wake();
      }
      for (let tick = 0; tick < 3; tick++) await Promise.resolve();
    }
  };
  return { clock, limits: new TimeLimits(clock), pass, begun: () => begun, under: () => sleepers.size };
}

test('every limit that is not lifted is over at its time, whatever others are set and lifted beside it', async () => {
  const limit = fc.record({
    after: fc.nat(40),
    ms: fc.integer({ min: 1, max: 100 }),
    lifted: fc.option(fc.nat(100), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(limit, { maxLength: 12 }), async (plan) => {
      const { clock, limits, pass } = handClock();
      const over: (number | undefined)[] = plan.map(() => undefined);
      const lifts: (() => void)[] = [];
      for (let time = 0; time <= 140; time++) {
        for (const [at, { after, ms, lifted }] of plan.entries()) {
          if (after === time) lifts[at] = limits.set(ms, () => (over[at] = clock.monotonic()));
          if (lifted !== undefined && after + lifted === time) lifts[at]?.();
        }
        await pass(1);
      }
      for (const [at, { after, ms, lifted }] of plan.entries()) {
        // At its very moment it is over before anybody lifts it.
        expect(over[at]).toBe(lifted === undefined || lifted >= ms ? after + ms : undefined);
      }
    }),
    { numRuns: 200 },
  );
});

test('a thousand limits that are lifted at once need two sleeps, and after the last of them none', async () => {
  const { limits, pass, begun, under } = handClock();
  for (let turn = 0; turn < 1_000; turn++) {
    const [long, short] = [limits.set(60_000, () => undefined), limits.set(30_000, () => undefined)];
    long();
    short();
    await pass(1);
  }
  expect(begun()).toBe(2);
  await pass(60_000);
  expect([begun(), under()]).toEqual([2, 0]);
});

test('without an end it needs no sleep', () => {
  const { limits, begun } = handClock();
  limits.set(Number.POSITIVE_INFINITY, () => undefined)();
  expect(begun()).toBe(0);
});

test('closed: what nobody needs any more ends, what somebody waits for does not', async () => {
  const idle = handClock();
  idle.limits.set(60_000, () => undefined)();
  idle.limits.close();
  expect(idle.under()).toBe(0);

  const busy = handClock();
  let over = false;
  busy.limits.set(60_000, () => (over = true));
  busy.limits.close();
  await busy.pass(60_000);
  expect(over).toBe(true);
});
