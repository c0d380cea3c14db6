import type { DriverMark } from './driver-mark.ts';

type Verdict = 'gone' | 'unknown';
type Watch = (driver: DriverMark, signal: AbortSignal) => Promise<Verdict>;

interface Shared {
  readonly verdict: Promise<Verdict>;
  readonly over: AbortController;
  watchers: number;
}

/** One watch of a driver for all who follow it: a tab may follow another one on hundreds of operations, and each question is heard by everybody. Ends
 *  with the last of them. */
export function sharedWatch(watch: Watch): Watch {
  const running = new Map<string, Shared>();

  const begin = (driver: DriverMark): Shared => {
    const over = new AbortController();
    const shared: Shared = { over, watchers: 0, verdict: watch(driver, over.signal) };
    const forget = (): void => {
      if (running.get(driver.nonce) === shared) running.delete(driver.nonce);
    };
    // A verdict is of its moment: whoever asks later looks again.
    shared.verdict.then(forget, forget);
    over.signal.addEventListener('abort', forget);
    running.set(driver.nonce, shared);
    return shared;
  };

  return (driver, signal) => {
    if (signal.aborted) return Promise.reject(signal.reason);
    const shared = running.get(driver.nonce) ?? begin(driver);
    shared.watchers += 1;
    return new Promise<Verdict>((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      shared.verdict.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    }).finally(() => {
      shared.watchers -= 1;
      if (shared.watchers === 0) shared.over.abort();
    });
  };
}
