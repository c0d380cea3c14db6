import { type DriverMark, presenceName } from './driver-mark.ts';
import type { Clock, Locks } from './ports.ts';

/** `anybody`: does this driver run? `here`: it does. `gone`: it no longer drives. */
export type Message = 'anybody' | 'here' | 'gone';

/** Whoever has opened the same name hears what the others tell. */
export interface Channel {
  tell(message: Message): void;
  close(): void;
}

/** Undefined where the platform has no channels. */
export type OpenChannel = (name: string, hear: (message: unknown) => void) => Channel | undefined;

/** How a follower learns what became of a driver. */
export interface Ways {
  readonly locks: Locks | undefined;
  readonly channel?: OpenChannel | undefined;
  readonly clock: Clock;
  readonly nudge?: () => void;
}

const ASK_EVERY_MS = 5_000;

/** Asked so often without an answer, a driver is no longer vouched for. Counted, not timed: a follower that was itself frozen for an hour has asked
 *  once in it. */
const UNANSWERED = 6;

/** In questions. Chromium's back/forward cache keeps the lock of a page in it and starves whoever queued before; asking for the list of locks evicts
 *  the page within milliseconds. Measured: no limit seen without it. */
const NUDGE_EVERY = 3;

/** Pending while the driver is known to live. Its lock tells at once that it ended; its silence, that it stands still. Rejects on abort. */
export async function watchDriver(driver: DriverMark, ways: Ways, signal: AbortSignal): Promise<'gone' | 'unknown'> {
  const name = presenceName(driver.nonce);
  const queue = new AbortController();
  let tell = (_: 'gone' | 'unknown'): void => {};
  let fail = (_: unknown): void => {};
  const verdict = new Promise<'gone' | 'unknown'>((resolve, reject) => {
    tell = resolve;
    fail = reject;
  });
  let unanswered = 0;
  // A process of Node answers nobody here.
  const open = driver.pid === undefined ? ways.channel : undefined;
  const channel = open?.(name, (message) => {
    if (message === 'here') unanswered = 0;
    if (message === 'gone') tell('gone');
  });
  const locks = driver.lock === true ? ways.locks : undefined;
  if (locks === undefined && channel === undefined) return 'unknown';
  if (locks !== undefined) {
    locks
      .hold(name, queue.signal, async () => {})
      .then(
        () => tell('gone'),
        () => channel ?? tell('unknown'),
      );
  }
  const ask = (turn: number): void => {
    if (turn % NUDGE_EVERY === 0 && turn > 0 && locks !== undefined) ways.nudge?.();
    if (channel === undefined) return;
    if (unanswered >= UNANSWERED) return tell('unknown');
    unanswered += 1;
    channel.tell('anybody');
  };
  const abort = (): void => fail(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  void repeat(ask, ways.clock, queue.signal);
  try {
    return await verdict;
  } finally {
    signal.removeEventListener('abort', abort);
    queue.abort();
    channel?.close();
  }
}

async function repeat(ask: (turn: number) => void, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (let turn = 0; !signal.aborted; turn++) {
      ask(turn);
      await clock.sleep(ASK_EVERY_MS, signal);
    }
  } catch {
    // The watch ended.
  }
}
