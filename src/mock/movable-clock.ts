import { milliseconds } from '../core/duration.ts';
import type { Clock } from '../core/ports.ts';
import type { Duration } from '../core/types.ts';

export type MovableClock = Clock & { advance(by: Duration): Promise<void> };

interface Sleeper {
  readonly due: number;
  wake(): void;
}

/** A `setTimeout` past 2^31 ms fires at once. */
const LONGEST_TIMER = 2_147_483_647;

/** Real time plus an offset that only grows. Sleepers wake in real time too, so that code which shares this clock runs without anybody moving it. */
export function movableClock(): MovableClock {
  const sleepers = new Set<Sleeper>();
  let offset = 0;
  let moving: Promise<void> | undefined;

  const monotonic = (): number => performance.now() + offset;

  async function move(ms: number): Promise<void> {
    const end = offset + ms;
    for (;;) {
      const next = earliest(sleepers);
      if (next === undefined || next.due > performance.now() + end) break;
      // Step by step: what a sleeper does when it wakes, and the next sleep it starts, happen at its own time.
      offset = Math.min(end, Math.max(offset, next.due - performance.now()));
      next.wake();
      await macrotask();
    }
    offset = end;
  }

  return {
    now: () => Date.now() + Math.round(offset),
    monotonic,
    sleep: (ms, signal) => sleepUntil(monotonic() + Math.max(0, ms), monotonic, sleepers, signal),
    advance(by) {
      const ms = milliseconds(by, 'clock.advance');
      const mine = moving === undefined ? move(ms) : moving.then(() => move(ms));
      const settled = mine.then(() => {
        if (moving === settled) moving = undefined;
      });
      moving = settled;
      return settled;
    },
  };
}

function sleepUntil(
  due: number,
  monotonic: () => number,
  sleepers: Set<Sleeper>,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let timer: ReturnType<typeof setTimeout>;
    const end = (): void => {
      clearTimeout(timer);
      sleepers.delete(sleeper);
      signal?.removeEventListener('abort', onAbort);
    };
    const onAbort = (): void => {
      end();
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      due,
      wake: () => {
        end();
        resolve();
      },
    };
    const arm = (): void => {
      timer = setTimeout(check, Math.max(0, Math.min(LONGEST_TIMER, Math.ceil(due - monotonic()))));
    };
    // Timers fire up to a millisecond early by this clock.
    const check = (): void => {
      if (monotonic() >= due) sleeper.wake();
      else arm();
    };
    sleepers.add(sleeper);
    signal?.addEventListener('abort', onAbort, { once: true });
    arm();
  });
}

function earliest(sleepers: ReadonlySet<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) if (first === undefined || sleeper.due < first.due) first = sleeper;
  return first;
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
