import type { Clock } from '../core/ports.ts';

/** The longest wait of a timer: one past 2^31 ms fires at once. */
const LONGEST = 2 ** 31 - 1;

/** Node's clocks. A sleep does not keep the process alive: that is `keepAlive`'s part, for as long as somebody waits. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => (ms <= LONGEST ? timer(ms, signal) : longer(ms, signal)),
};

async function longer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  for (let left = ms; left > 0; left -= LONGEST) await timer(Math.min(left, LONGEST), signal);
}

/** Not `timers/promises`: that one rejects with an AbortError of its own, not with `signal.reason`. */
function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    // Node cuts fractions off, and a wait must never be shorter than asked for.
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, Math.ceil(ms));
    handle.unref();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
