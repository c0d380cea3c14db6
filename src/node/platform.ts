import { lockPresence } from '../core/lock-presence.ts';
import type { Platform } from '../core/ports.ts';
import { nodeClock } from './clock.ts';
import { nodePresence } from './presence.ts';
import { nodeRandom } from './random.ts';
import { nodeUuidV5 } from './uuid-v5.ts';

/** The longest interval a timer can have. Firing does nothing: while it is there, the process lives. */
const SELDOM = 2 ** 31 - 1;

/** One timer for everybody who waits: every call waits twice, and making one each time costs more than counting. */
let keeper: ReturnType<typeof setInterval> | undefined;
let keepers = 0;

/** Node: servers, workers, scripts. */
export const nodePlatform: Platform = {
  clock: nodeClock,
  random: nodeRandom,
  uuidV5: nodeUuidV5,
  presence: (locks, clock, random) =>
    locks === undefined ? nodePresence({ clock, random }) : lockPresence({ locks, clock, random }),
  // Node does not say when the network comes back.
  onWake: () => () => {},
  online: () => true,
  // A server's console is its log: what is said there goes through the application's own logger.
  warn: () => {},
  keepAlive() {
    keepers += 1;
    keeper ??= setInterval(() => {}, SELDOM);
    if (keepers === 1) keeper.ref();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      keepers -= 1;
      if (keepers === 0) keeper?.unref();
    };
  },
  // A process has one user unless its program says otherwise.
  defaultOwner: 'default',
};
