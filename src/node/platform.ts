import { randomBytes } from 'node:crypto';
import { lockPresence } from '../core/lock-presence.ts';
import type { Platform } from '../core/ports.ts';
import { nodeClock } from './clock.ts';
import { nodePresence } from './presence.ts';

/** Longest interval a timer can have: it never fires, it only keeps the process alive. */
const NEVER = 2 ** 31 - 1;

export const nodePlatform: Platform = {
  clock: nodeClock,
  random: {
    bytes: (n) => new Uint8Array(randomBytes(n)),
    fraction: () => Math.random(),
  },
  presence: (locks, clock, random) => (locks ? lockPresence({ locks, clock, random }) : nodePresence(clock)),
  // Node does not say when the network comes back.
  onWake: () => () => undefined,
  online: () => true,
  keepAlive: () => {
    const timer = setInterval(() => undefined, NEVER);
    return () => clearInterval(timer);
  },
  defaultOwner: 'default',
};
