import type { Clock } from '../core/ports.ts';

/** The longest wait of a timer: one past 2^31 ms fires at once. */
const LONGEST = 2 ** 31 - 1;

/** The page's own time. In hidden tabs timers are late: by up to 1 s, after five minutes by up to 60 s. */
export const browserClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    let left = ms;
    do {
      const wait = Math.min(left, LONGEST);
      await timer(wait, signal);
      left -= wait;
    } while (left > 0);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
