import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodeClock } from '../../src/node/clock.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('nodeClock.sleep', () => {
  test.each([0, 1, 1.5, 20])('%d ms: never shorter, and no listener stays', async (ms) => {
    const { signal } = new AbortController();
    const start = nodeClock.monotonic();
    await nodeClock.sleep(ms, signal);
    // Node's timers count whole milliseconds of a clock that is read once per turn.
    expect(nodeClock.monotonic() - start).toBeGreaterThan(ms - 1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test.each([
    ['before', 0],
    ['meanwhile', 5],
  ])('aborted %s: rejects with the reason itself', async (_, after) => {
    const controller = new AbortController();
    const reason = { why: 'closed' };
    if (after === 0) controller.abort(reason);
    else setTimeout(() => controller.abort(reason), after);
    await expect(nodeClock.sleep(60_000, controller.signal)).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  test('a sleep longer than the longest timer lasts as long as it says', async () => {
    vi.useFakeTimers();
    const month = 30 * 86_400_000;
    let woke = false;
    void nodeClock.sleep(month).then(() => {
      woke = true;
    });
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(woke).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(woke).toBe(true);
  });

  test('does not keep the process alive', () => {
    const before = timers();
    const controller = new AbortController();
    const sleeping = nodeClock.sleep(60_000, controller.signal).catch(() => 'aborted');
    expect(timers()).toBe(before);
    controller.abort();
    return expect(sleeping).resolves.toBe('aborted');
  });
});

test('monotonic never goes back, now is the wall clock', () => {
  const readings = Array.from({ length: 1000 }, () => nodeClock.monotonic());
  expect(readings).toEqual([...readings].sort((a, b) => a - b));
  expect(Math.abs(nodeClock.now() - Date.now())).toBeLessThan(50);
});

/** Only those that keep the process alive are listed. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}
