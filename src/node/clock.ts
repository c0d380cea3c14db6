import type { Clock } from '../core/ports.ts';

/** setTimeout fires at once beyond this. */
const LONGEST = 2 ** 31 - 1;

/** Node's clocks. Sleeps do not keep the process alive: that is `keepAlive`'s part, for as long as somebody waits. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(Math.max(ms, 0), LONGEST),
      );
      timer.unref();
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
