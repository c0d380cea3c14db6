import { expect, test } from 'vitest';
import { sharedWatch } from '../../src/core/shared-watch.ts';

/** Watches that the test ends. */
function makeWatches() {
  const begun: { nonce: string; tell(verdict: 'gone' | 'unknown'): void; signal: AbortSignal }[] = [];
  const watch = sharedWatch((driver, signal) => {
    return new Promise((resolve, reject) => {
      begun.push({ nonce: driver.nonce, tell: resolve, signal });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  });
  return { watch, begun };
}

const never = new AbortController().signal;
const [a, b] = [{ nonce: 'a' }, { nonce: 'b' }];

test('hundreds who follow one driver watch it once, and all are told', async () => {
  const { watch, begun } = makeWatches();
  const watches = Array.from({ length: 300 }, () => watch(a, never));
  const other = watch(b, never);
  expect(begun.map(({ nonce }) => nonce)).toEqual(['a', 'b']);
  begun[0]?.tell('gone');
  expect(new Set(await Promise.all(watches))).toEqual(new Set(['gone']));
  begun[1]?.tell('unknown');
  expect(await other).toBe('unknown');
  // A verdict is of its moment.
  void watch(b, never);
  expect(begun.length).toBe(3);
});

test('the watch ends with the last who wants it; whoever comes later begins another', async () => {
  const { watch, begun } = makeWatches();
  const [first, second] = [new AbortController(), new AbortController()];
  const watches = [watch(a, first.signal), watch(a, second.signal)];
  first.abort('enough');
  await expect(watches[0]).rejects.toBe('enough');
  expect(begun[0]?.signal.aborted).toBe(false);
  second.abort('enough too');
  await expect(watches[1]).rejects.toBe('enough too');
  expect(begun[0]?.signal.aborted).toBe(true);
  await expect(watch(a, second.signal)).rejects.toBe('enough too');
  void watch(a, never);
  expect(begun.length).toBe(2);
});
