import { describe, expect, test } from 'vitest';
import type { Locks } from '../../src/core/ports.ts';
import { nodePlatform } from '../../src/node/platform.ts';

const { clock, random } = nodePlatform;

describe('nodePlatform', () => {
  test('keepAlive holds the process until it is released, once or twice', () => {
    const before = timers();
    const release = nodePlatform.keepAlive();
    expect(timers()).toBe(before + 1);
    release();
    release();
    expect(timers()).toBe(before);
  });

  test.each([0, 1, 16, 100_000])('random.bytes(%d): that many, plain, never the same', (n) => {
    const bytes = random.bytes(n);
    expect(bytes).toHaveLength(n);
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
    if (n >= 16) expect(random.bytes(n)).not.toEqual(bytes);
  });

  test('random.fraction is in [0, 1)', () => {
    const fractions = Array.from({ length: 1000 }, () => random.fraction());
    expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...fractions)).toBeLessThan(1);
  });

  test('is always online, has a default owner, and nothing wakes it', () => {
    expect(nodePlatform.online()).toBe(true);
    expect(nodePlatform.defaultOwner).toBe('default');
    expect(nodePlatform.onWake(() => {})()).toBeUndefined();
  });

  test('presence is by process, or by locks where they are given', async () => {
    const byProcess = nodePlatform.presence(undefined, clock, random);
    expect(await byProcess.enter()).toMatchObject({ pid: process.pid });
    byProcess.leave();

    const names: string[] = [];
    const locks: Locks = {
      hold(name, _, work) {
        names.push(name);
        return work();
      },
    };
    const byLocks = nodePlatform.presence(locks, clock, random);
    const mark = await byLocks.enter();
    expect(mark).toMatchObject({ lock: true });
    expect(names).toEqual([expect.stringContaining(mark.nonce)]);
    byLocks.leave();
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}
