import { lockPresence } from '../core/lock-presence.ts';
import type { Platform } from '../core/ports.ts';
import { startPulse } from '../core/pulse.ts';
import { openChannel } from './channel.ts';
import { browserClock } from './clock.ts';
import { onHide, online, onShow, onWake } from './page-events.ts';
import { askToPersist } from './persistence.ts';
import { browserRandom } from './random.ts';
import { nudgeLocks, webLocks } from './web-locks.ts';

/** Browsers: pages and workers. */
export const browserPlatform: Platform = {
  clock: browserClock,
  random: browserRandom,
  presence(locks, clock, random) {
    const presence = lockPresence({
      locks: locks ?? webLocks(),
      clock,
      random,
      onHide,
      onShow,
      nudge: nudgeLocks,
      channel: openChannel,
      pulse: () => startPulse(clock),
    });
    return {
      ...presence,
      enter() {
        // Before its first claim: from now on this origin's storage is worth keeping.
        askToPersist();
        return presence.enter();
      },
    };
  },
  onWake,
  online,
  warn: (message) => console.warn(message),
  // A page lives as long as its user wants.
  keepAlive: () => () => {},
  // Whoever is signed in: only the application knows.
  defaultOwner: undefined,
};
