import { describe, expect, test } from 'vitest';
import type { LockPresenceOptions } from '../../src/core/lock-presence.ts';
import { makeChannels, makePulse, never, settle, setUp, soFar } from '../support/presence-world.ts';

describe('asking', () => {
  /** A driver, and a follower that can ask it. */
  async function asked(overrides: Partial<LockPresenceOptions> = {}) {
    const channels = makeChannels();
    const beats = makePulse();
    const world = setUp({ channel: channels.channel, pulse: beats.pulse, ...overrides });
    const driver = world.make();
    const mark = await driver.enter();
    const ticks = async (count: number) => {
      for (let turn = 0; turn < count; turn++) await world.tick();
    };
    return { ...world, channels, beats, driver, mark, follower: world.make(), ticks };
  }

  test.each([
    ['with a lock', {}],
    ['without one', { locks: undefined }],
  ])('a driver %s that answers lives, however long it says nothing else', async (_, overrides) => {
    const { follower, mark, ticks, driver, channels } = await asked(overrides);
    const watch = follower.watch(mark, never);
    await ticks(100);
    expect(await soFar(watch)).toBe('pending');
    driver.leave();
    expect(await watch).toBe('gone');
    await settle();
    expect(channels.open()).toBe(0);
  });

  test.each([
    ['that holds its lock', {}],
    ['without a lock', { locks: undefined }],
  ])('a driver %s and does not answer six questions is not vouched for any more', async (_, overrides) => {
    const { follower, mark, ticks, channels } = await asked(overrides);
    channels.freeze();
    const watch = follower.watch(mark, never);
    await ticks(5);
    expect(await soFar(watch)).toBe('pending');
    await ticks(1);
    expect(await watch).toBe('unknown');
  });

  test('an answer in between begins the count anew', async () => {
    const { follower, mark, ticks, channels } = await asked();
    channels.freeze();
    const watch = follower.watch(mark, never);
    await ticks(4);
    channels.thaw();
    await ticks(1);
    channels.freeze();
    await ticks(6);
    expect(await soFar(watch)).toBe('pending');
    await ticks(1);
    expect(await watch).toBe('unknown');
  });

  test('the lock of a silent driver still tells that it ended', async () => {
    const { follower, mark, ticks, channels, driver } = await asked();
    channels.freeze();
    const watch = follower.watch(mark, never);
    await ticks(2);
    driver.leave();
    expect(await watch).toBe('gone');
  });

  test('a process of Node is not asked', async () => {
    const { follower, channels } = await asked();
    expect(await follower.watch({ nonce: 'a', pid: 1 }, never)).toBe('unknown');
    expect(channels.told).toEqual([]);
  });

  test.each<[string, (world: Awaited<ReturnType<typeof asked>>) => unknown]>([
    ['before it sends', ({ driver, mark }) => expect(driver.holds(mark)).toBe(false)],
    ['before it claims', async ({ driver, mark }) => expect((await driver.enter()).nonce).not.toBe(mark.nonce)],
    [
      'before it answers',
      ({ channels, mark }) => channels.channel(`onceward:${mark.nonce}`, () => {})?.tell('anybody'),
    ],
  ])('a driver that stood still gives its mark up itself, %s', async (_, look) => {
    const world = await asked();
    const { beats, mark, driver, channels, locks, follower } = world;
    beats.miss();
    await look(world);
    await settle();
    expect(channels.told).toContain('gone');
    expect(channels.told).not.toContain('here');
    expect(driver.holds(mark)).toBe(false);
    expect(locks.held()).not.toContain(`onceward:${mark.nonce}`);
    expect(await follower.watch(mark, never)).toBe('gone');
    expect(driver.holds(await driver.enter())).toBe(true);
    driver.leave();
    expect(beats.running()).toBe(0);
  });
});
