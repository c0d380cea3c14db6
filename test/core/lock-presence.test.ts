import { describe, expect, test } from 'vitest';
import type { LockPresenceOptions } from '../../src/core/lock-presence.ts';
import type { Locks, Presence } from '../../src/core/ports.ts';
import { fifoLocks } from '../support/fifo-locks.ts';
import { makePage, never, settle, setUp, soFar } from '../support/presence-world.ts';

describe('entering', () => {
  test('holds a lock of the nonce before the mark is known, once for all callers', async () => {
    const { locks, make } = setUp();
    const presence = make();
    const [first, second] = await Promise.all([presence.enter(), presence.enter()]);
    expect(first).toEqual({ nonce: expect.stringMatching(/^[0-9a-f]{32}-1$/), lock: true });
    expect(second).toBe(first);
    expect(locks.held()).toEqual([`onceward:${first.nonce}`]);
    expect(presence.holds(first)).toBe(true);
  });

  test('holds nothing before the first enter, and nobody else’s mark', async () => {
    const { locks, make } = setUp();
    const [mine, other] = [make(), make()];
    expect(locks.held()).toEqual([]);
    const mark = await other.enter();
    expect(mine.holds(mark)).toBe(false);
    expect(mine.holds(undefined)).toBe(false);
    await mine.enter();
    expect(mine.holds(mark)).toBe(false);
  });

  test('the mark does not appear before the lock is granted', async () => {
    let grant = () => {};
    const gate = new Promise<void>((resolve) => {
      grant = resolve;
    });
    const locks = fifoLocks();
    const slow: Locks = {
      async hold(name, signal, work) {
        await gate;
        return locks.hold(name, signal, work);
      },
    };
    const presence = setUp({ locks: slow }).make();
    const mark = presence.enter();
    expect(await soFar(mark)).toBe('pending');
    grant();
    expect(presence.holds(await mark)).toBe(true);
  });

  test.each<[string, Locks | undefined]>([
    ['missing', undefined],
    ['refused', { hold: () => Promise.reject(new DOMException('not here', 'SecurityError')) }],
    [
      'refused by a throw',
      {
        hold() {
          throw new DOMException('not here', 'SecurityError');
        },
      },
    ],
  ])('where locks are %s the mark names none, and nobody can judge it', async (_, locks) => {
    const presence = setUp({ locks }).make();
    const mark = await presence.enter();
    expect(mark).toEqual({ nonce: expect.any(String) });
    expect(presence.holds(mark)).toBe(true);
    expect(await setUp().make().watch(mark, never)).toBe('unknown');
    presence.leave();
    expect(presence.holds(mark)).toBe(false);
  });
});

describe('leaving', () => {
  test('drops the lock; the next mark is another one', async () => {
    const { locks, make } = setUp();
    const presence = make();
    const first = await presence.enter();
    presence.leave();
    expect(presence.holds(first)).toBe(false);
    await settle();
    expect(locks.held()).toEqual([]);
    const second = await presence.enter();
    expect(second.nonce).not.toBe(first.nonce);
    expect(presence.holds(first)).toBe(false);
    expect(presence.holds(second)).toBe(true);
  });

  test('before the grant ends the queueing, and the mark is never held', async () => {
    const { locks, make } = setUp();
    const presence = make();
    const entering = presence.enter();
    presence.leave();
    presence.leave();
    expect(presence.holds(await entering)).toBe(false);
    await settle();
    expect(locks.held()).toEqual([]);
  });

  test('a page that hides leaves, and asks only while it is present', async () => {
    const page = makePage();
    const { locks, make } = setUp(page);
    const presence = make();
    expect(page.listening()).toBe(0);
    const mark = await presence.enter();
    expect(page.listening()).toBe(1);
    page.hide();
    expect(presence.holds(mark)).toBe(false);
    await settle();
    expect(locks.held()).toEqual([]);
    page.show();
    expect(page.listening()).toBe(0);
  });

  test('a page that is away announces nothing until it is back, and then under another name', async () => {
    const page = makePage();
    const { locks, make } = setUp(page);
    const presence = make();
    const mark = await presence.enter();
    page.hide();
    const again = presence.enter();
    expect(await soFar(again)).toBe('pending');
    expect(locks.held()).toEqual([]);
    page.show();
    expect((await again).nonce).not.toBe(mark.nonce);
    expect(presence.holds(await again)).toBe(true);
    // It knows itself: what its last mark drove is free.
    expect(await presence.watch(mark, never)).toBe('gone');
  });

  test('a lock that is taken away is no longer held; the next enter takes a new one', async () => {
    const { locks, make } = setUp();
    const presence = make();
    const mark = await presence.enter();
    locks.steal(`onceward:${mark.nonce}`);
    await settle();
    expect(presence.holds(mark)).toBe(false);
    expect(presence.holds(await presence.enter())).toBe(true);
  });
});

describe('watching', () => {
  async function watched(overrides: Partial<LockPresenceOptions> = {}) {
    const world = setUp(overrides);
    const driver = world.make();
    const mark = await driver.enter();
    return { ...world, driver, mark, follower: world.make() as Presence };
  }

  test('is pending while the driver lives and says gone when it leaves', async () => {
    const { driver, mark, follower, locks } = await watched();
    const watch = follower.watch(mark, never);
    expect(await soFar(watch)).toBe('pending');
    driver.leave();
    expect(await watch).toBe('gone');
    await settle();
    expect(locks.held()).toEqual([]);
  });

  test('says gone at once for a driver that died earlier', async () => {
    const { follower } = await watched();
    expect(await follower.watch({ nonce: 'dead', lock: true }, never)).toBe('gone');
  });

  test('seven followers all hear of it, one after the other', async () => {
    const { driver, mark, make } = await watched();
    const watches = Array.from({ length: 7 }, () => make().watch(mark, never));
    driver.leave();
    expect(await Promise.all(watches)).toEqual(Array(7).fill('gone'));
  });

  test('rejects with the reason on abort, and leaves the queue', async () => {
    const { driver, mark, follower, locks } = await watched();
    const abort = new AbortController();
    const watch = follower.watch(mark, abort.signal);
    await settle();
    abort.abort('enough');
    await expect(watch).rejects.toBe('enough');
    await expect(follower.watch(mark, abort.signal)).rejects.toBe('enough');
    driver.leave();
    await settle();
    expect(locks.held()).toEqual([]);
  });

  test('nudges every 15 s while it queues, and not a moment longer', async () => {
    let nudges = 0;
    const { driver, mark, follower, tick, sleeping } = await watched({
      nudge() {
        nudges++;
      },
    });
    const watch = follower.watch(mark, never);
    for (let turn = 0; turn < 6; turn++) await tick();
    expect(nudges).toBe(2);
    driver.leave();
    expect(await watch).toBe('gone');
    await settle();
    expect(sleeping()).toBe(0);
    await tick();
    expect(nudges).toBe(2);
  });

  test('a mark without a lock is unknown', async () => {
    const { follower } = await watched();
    expect(await follower.watch({ nonce: 'a', pid: 1 }, never)).toBe('unknown');
  });
});
