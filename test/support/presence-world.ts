import { expect } from 'vitest';
import { type LockPresenceOptions, lockPresence } from '../../src/core/lock-presence.ts';
import type { Clock, Random } from '../../src/core/ports.ts';
import type { Message, OpenChannel } from '../../src/core/watch-driver.ts';
import { fifoLocks } from './fifo-locks.ts';

const random: Random = { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)), fraction: Math.random };

/** A clock whose sleeps end when the test says so: one tick is one question. */
function handClock() {
  const sleepers = new Set<() => void>();
  const clock: Clock = {
    now: () => 0,
    monotonic: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (ms === 0) return resolve();
        expect(ms).toBe(5_000);
        sleepers.add(resolve);
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(signal.reason);
        });
      }),
  };
  const tick = async () => {
    for (const wake of [...sleepers]) {
      sleepers.delete(wake);
      wake();
    }
    await settle();
  };
  return { clock, tick, sleeping: () => sleepers.size };
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function setUp(overrides: Partial<LockPresenceOptions> = {}) {
  const locks = fifoLocks();
  const { clock, tick, sleeping } = handClock();
  const make = (more: Partial<LockPresenceOptions> = {}) =>
    lockPresence({ locks, clock, random, ...overrides, ...more });
  return { locks, make, tick, sleeping };
}

/** A page that hides and shows when the test says so. */
export function makePage() {
  const [hiding, showing] = [new Set<() => void>(), new Set<() => void>()];
  const into = (listeners: Set<() => void>) => (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const each = (listeners: Set<() => void>) => () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    onHide: into(hiding),
    onShow: into(showing),
    hide: each(hiding),
    show: each(showing),
    listening: () => hiding.size + showing.size,
  };
}

/** Channels within this process: everybody under a name hears what the others tell. */
export function makeChannels() {
  const open = new Map<object, readonly [name: string, hear: (message: unknown) => void]>();
  const told: Message[] = [];
  const deaf = new Set<object>();
  const channel: OpenChannel = (name, hear) => {
    const mine = {};
    open.set(mine, [name, hear]);
    return {
      tell(message) {
        told.push(message);
        for (const [other, [at, listen]] of [...open])
          if (other !== mine && at === name && !deaf.has(other)) listen(message);
      },
      close: () => void open.delete(mine),
    };
  };
  /** Whoever listens now hears nothing any more, as in a frozen page. */
  const freeze = () => {
    for (const one of open.keys()) deaf.add(one);
  };
  return { channel, told, freeze, thaw: () => deaf.clear(), open: () => open.size };
}

/** A pulse that misses beats when the test says so. */
export function makePulse() {
  const gaps = new Set<() => void>();
  const pulse = () => {
    let missed = false;
    const miss = () => {
      missed = true;
    };
    gaps.add(miss);
    return { missed: () => missed, stop: () => void gaps.delete(miss) };
  };
  const miss = () => {
    for (const gap of gaps) gap();
  };
  return { pulse, miss, running: () => gaps.size };
}

export const never: AbortSignal = new AbortController().signal;

/** What has become of a promise so far. */
export async function soFar(promise: Promise<unknown>): Promise<unknown> {
  await settle();
  return Promise.race([promise, Promise.resolve('pending')]);
}
