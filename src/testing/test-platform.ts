import type { Presence, Random } from '../core/ports.ts';
import type { Surroundings } from '../core/settings.ts';
import type { TestClock } from './test-clock.ts';

/** Clients that live, by their nonce, and who waits for the end of each. */
const LIVING = new Map<string, Set<() => void>>();

/** Begins every nonce made here. */
const OURS = 'test-client-';

const random: Random = {
  bytes: (n) => crypto.getRandomValues(new Uint8Array(n)),
  fraction: () => Math.random(),
};

/** The ports of a client that shares a process and a clock with its mock, in Node and in browsers alike. */
export function testPlatform({ clock, fetch }: TestClock): Surroundings {
  return {
    clock,
    random,
    presence: inThisProcess,
    send: fetch,
    defaultJournal: undefined,
    base: () => undefined,
    onWake: () => () => {},
    online: () => true,
    warn: () => {},
    // The mock's clock keeps a process alive for as long as anybody sleeps.
    keepAlive: () => () => {},
    defaultOwner: 'default',
  };
}

/** Everybody who could drive is in this process: who is not listed any more is gone. */
function inThisProcess(): Presence {
  let mine: string | undefined;
  return {
    async enter() {
      if (mine === undefined) {
        mine = OURS + Array.from(random.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
        LIVING.set(mine, new Set());
      }
      return { nonce: mine };
    },
    holds: (mark) => mark !== undefined && mark.nonce === mine,
    leave() {
      if (mine === undefined) return;
      const waiting = LIVING.get(mine) ?? [];
      LIVING.delete(mine);
      mine = undefined;
      for (const tell of waiting) tell();
    },
    watch({ nonce }, signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const waiting = LIVING.get(nonce);
        if (waiting === undefined) return resolve(nonce.startsWith(OURS) ? 'gone' : 'unknown');
        const gone = (): void => {
          signal.removeEventListener('abort', stop);
          resolve('gone');
        };
        const stop = (): void => {
          waiting.delete(gone);
          reject(signal.reason);
        };
        waiting.add(gone);
        signal.addEventListener('abort', stop, { once: true });
      });
    },
  };
}
