import { describe, expect, test } from 'vitest';
import { browserPlatform } from '../../src/browser/platform.ts';
import { patch } from './support/patch.ts';

const { clock, random } = browserPlatform;

describe('the clock of browsers', () => {
  test('tells wall time and a time that never goes back', async () => {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
    const before = clock.monotonic();
    await clock.sleep(30);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(25);
  });

  test('a sleep ends with the reason of its signal, before and while it sleeps', async () => {
    const abort = new AbortController();
    const sleep = clock.sleep(60_000, abort.signal);
    abort.abort('enough');
    await expect(sleep).rejects.toBe('enough');
    await expect(clock.sleep(0, abort.signal)).rejects.toBe('enough');
  });

  test('a sleep past 2^31 ms does not end at once', async () => {
    const abort = new AbortController();
    let ended = false;
    const sleep = clock.sleep(2 ** 31 + 5, abort.signal).finally(() => {
      ended = true;
    });
    await clock.sleep(30);
    expect(ended).toBe(false);
    abort.abort('enough');
    await expect(sleep).rejects.toBe('enough');
  });
});

test('random bytes are asked of getRandomValues alone: insecure origins have no more', () => {
  patch(Crypto.prototype, 'subtle', { value: undefined });
  patch(Crypto.prototype, 'randomUUID', { value: undefined });
  const [a, b] = [random.bytes(16), random.bytes(16)];
  expect([a.length, b.length]).toEqual([16, 16]);
  expect(a).not.toEqual(b);
  expect(random.fraction()).toBeLessThan(1);
});

describe('moments to look again', () => {
  const wakes: [name: string, happen: () => unknown, count: number][] = [
    ['online', () => dispatchEvent(new Event('online')), 1],
    ['pageshow', () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })), 1],
    ['resume', () => document.dispatchEvent(new Event('resume')), 1],
    ['visible again', () => document.dispatchEvent(new Event('visibilitychange')), 1],
    ['offline', () => dispatchEvent(new Event('offline')), 0],
  ];
  test.each(wakes)('%s', (_, happen, count) => {
    patch(Document.prototype, 'visibilityState', { get: () => 'visible' });
    let woken = 0;
    const end = browserPlatform.onWake(() => {
      woken++;
    });
    happen();
    end();
    happen();
    expect(woken).toBe(count);
  });

  test('hidden is none', () => {
    patch(Document.prototype, 'visibilityState', { get: () => 'hidden' });
    let woken = 0;
    const end = browserPlatform.onWake(() => {
      woken++;
    });
    document.dispatchEvent(new Event('visibilitychange'));
    end();
    expect(woken).toBe(0);
  });
});

test.each([
  [true, true],
  [false, false],
  [undefined, true],
])('onLine %s is online %s', (onLine, expected) => {
  patch(Navigator.prototype, 'onLine', { get: () => onLine });
  expect(browserPlatform.online()).toBe(expected);
});

test('the owner must be said, and nothing keeps a page alive', () => {
  expect(browserPlatform.defaultOwner).toBeUndefined();
  expect(browserPlatform.keepAlive()()).toBeUndefined();
});
