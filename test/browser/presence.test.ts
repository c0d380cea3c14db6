import { describe, expect, test } from 'vitest';
import { browserPlatform } from '../../src/browser/platform.ts';
import type { Presence } from '../../src/core/ports.ts';
import { patch } from './support/patch.ts';

const never = new AbortController().signal;

function presence(): Presence {
  return browserPlatform.presence(undefined, browserPlatform.clock, browserPlatform.random);
}

async function heldLocks(): Promise<string[]> {
  const { held = [] } = await navigator.locks.query();
  return held.map((lock) => lock.name ?? '').filter((name) => name.startsWith('onceward:'));
}

/** A worker that holds the lock of a driver, until it is terminated. */
async function driverInWorker(nonce: string): Promise<Worker> {
  const source = `navigator.locks.request(${JSON.stringify(`onceward:${nonce}`)}, () => {
    postMessage('held');
    return new Promise(() => {});
  })`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  await new Promise((resolve) => worker.addEventListener('message', resolve));
  return worker;
}

/** Resolves when this driver has answered somebody. */
function answers(nonce: string): Promise<void> {
  const channel = new BroadcastChannel(`onceward:${nonce}`);
  return new Promise<void>((resolve) => {
    channel.onmessage = ({ data }) => data === 'here' && resolve();
  }).finally(() => channel.close());
}

describe('presence by Web Locks', () => {
  test('enter holds the lock of its nonce, watch is pending, leave says gone', async () => {
    const [driver, follower] = [presence(), presence()];
    const mark = await driver.enter();
    expect(mark).toEqual({ nonce: expect.stringMatching(/^[0-9a-f]{32}-1$/), lock: true });
    expect(await heldLocks()).toEqual([`onceward:${mark.nonce}`]);
    let gone = false;
    const watch = follower.watch(mark, never).then((verdict) => {
      gone = true;
      return verdict;
    });
    await browserPlatform.clock.sleep(50);
    expect(gone).toBe(false);
    driver.leave();
    expect(await watch).toBe('gone');
    expect(driver.holds(mark)).toBe(false);
    await expect.poll(heldLocks).toEqual([]);
  });

  test('a driver that dies without a word is gone for all its followers', async () => {
    const worker = await driverInWorker('doomed');
    const watches = [presence(), presence(), presence()].map((follower) =>
      follower.watch({ nonce: 'doomed', lock: true }, never),
    );
    await browserPlatform.clock.sleep(50);
    worker.terminate();
    expect(await Promise.all(watches)).toEqual(['gone', 'gone', 'gone']);
  });

  test('a watch that is aborted rejects with the reason and leaves the queue', async () => {
    const driver = presence();
    const mark = await driver.enter();
    const abort = new AbortController();
    const watch = presence().watch(mark, abort.signal);
    await browserPlatform.clock.sleep(20);
    abort.abort(new Error('enough'));
    await expect(watch).rejects.toThrow('enough');
    const { pending = [] } = await navigator.locks.query();
    expect(pending.filter((lock) => lock.name?.startsWith('onceward:'))).toEqual([]);
    driver.leave();
  });

  test('a page that is left drops its lock; the next mark is another one', async () => {
    const driver = presence();
    const mark = await driver.enter();
    const watch = presence().watch(mark, never);
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    expect(driver.holds(mark)).toBe(false);
    expect(await watch).toBe('gone');
    // Not from inside the cache: whoever queued there on a new lock would wait for ever.
    const again = driver.enter();
    await browserPlatform.clock.sleep(20);
    expect(await heldLocks()).toEqual([]);
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    expect((await again).nonce).not.toBe(mark.nonce);
    driver.leave();
  });

  test('a page that is frozen drops its lock before it stands still, and has another one when it goes on', async () => {
    const driver = presence();
    const mark = await driver.enter();
    document.dispatchEvent(new Event('freeze'));
    expect(await presence().watch(mark, never)).toBe('gone');
    document.dispatchEvent(new Event('resume'));
    expect((await driver.enter()).nonce).not.toBe(mark.nonce);
    driver.leave();
  });

  test('a lock that another script steals is no longer held', async () => {
    const driver = presence();
    const mark = await driver.enter();
    await navigator.locks.request(`onceward:${mark.nonce}`, { steal: true }, () => {});
    await expect.poll(() => driver.holds(mark)).toBe(false);
    driver.leave();
  });

  test('without Web Locks, as on an insecure origin, the mark names no lock, and the driver is asked', async () => {
    patch(Navigator.prototype, 'locks', { value: undefined });
    const [driver, follower] = [presence(), presence()];
    const mark = await driver.enter();
    expect(mark).toEqual({ nonce: expect.any(String) });
    expect(driver.holds(mark)).toBe(true);
    const answered = answers(mark.nonce);
    const watch = follower.watch(mark, never);
    await answered;
    driver.leave();
    expect(await watch).toBe('gone');
  });

  test('without Web Locks and without channels nobody knows', async () => {
    patch(Navigator.prototype, 'locks', { value: undefined });
    patch(globalThis, 'BroadcastChannel', { value: undefined });
    const driver = presence();
    expect(await presence().watch(await driver.enter(), never)).toBe('unknown');
    expect(await presence().watch({ nonce: 'of a secure page', lock: true }, never)).toBe('unknown');
    driver.leave();
  });
});
