import { expect, test } from 'vitest';
import type { Clock } from '../../src/core/ports.ts';
import { startPulse } from '../../src/core/pulse.ts';

/** A clock whose time the test sets; its sleeps end when told. */
function handClock() {
  let time = 0;
  const sleepers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => time,
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        sleepers.add(resolve);
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(signal.reason);
        });
      }),
  };
  /** So many milliseconds pass, and then timers fire. */
  const pass = async (ms: number) => {
    time += ms;
    for (const wake of [...sleepers]) {
      sleepers.delete(wake);
      wake();
    }
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  return { clock, pass, skip: (ms: number) => void (time += ms), sleeping: () => sleepers.size };
}

test('a pulse that beats has missed nothing, whether timers fire on time or are held to one in some seconds', async () => {
  const { clock, pass } = handClock();
  const pulse = startPulse(clock);
  for (let turn = 0; turn < 100; turn++) {
    await pass(turn % 2 === 0 ? 1_000 : 19_000);
    expect(pulse.missed()).toBe(false);
  }
  pulse.stop();
});

test.each([
  ['before the timer fires', false],
  ['after it', true],
])('a gap is noticed when asked %s, and not forgotten', async (_, fires) => {
  const { clock, pass, skip, sleeping } = handClock();
  const pulse = startPulse(clock);
  if (fires) await pass(20_001);
  else skip(20_001);
  expect(pulse.missed()).toBe(true);
  await pass(1_000);
  expect(pulse.missed()).toBe(true);
  pulse.stop();
  await pass(1_000);
  expect(sleeping()).toBe(0);
});
