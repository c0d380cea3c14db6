import type { OperationDriver } from './driver.ts';
import type { OncewardError } from './errors/onceward-error.ts';
import type { Clock } from './ports.ts';
import type { OperationRecord } from './record.ts';
import type { TimeLimits } from './time-limits.ts';
import type { Source, Waiting } from './types.ts';

/** What a caller gets for waiting. */
export type Waited =
  | {
      readonly kind: 'settled';
      readonly record: OperationRecord;
      readonly persisted: boolean;
      readonly source: Source;
      readonly cause?: unknown;
    }
  | {
      readonly kind: 'pending';
      readonly record: OperationRecord;
      readonly attempts: number;
      readonly waiting: Waiting;
      readonly until?: number;
      readonly cause?: unknown;
    }
  | { readonly kind: 'failed'; readonly error: OncewardError };

export interface WaitOptions {
  readonly clock: Clock;
  readonly limits: TimeLimits;
  /** How long from now, ms; Infinity for ever. */
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** This call made the claim: aborting it before the first byte cancels. */
  readonly canCancel: boolean;
  readonly keepAlive: () => () => void;
}

/** Waits for a driver's ending, at most `timeout`: a race beside the operation, which goes on. Returns at once where the operation is parked
 *  beyond that: nothing will happen in the meantime that is worth waiting for. */
export function waitFor(driver: OperationDriver, options: WaitOptions): Promise<Waited> {
  const { clock, timeout, signal } = options;
  return new Promise((resolve) => {
    const started = clock.now();
    const release = options.keepAlive();
    let cancelled = false;
    const done = (waited: Waited) => {
      unlisten();
      lift();
      signal?.removeEventListener('abort', abort);
      release();
      resolve(waited);
    };
    const check = () => {
      if (driver.ending !== undefined) return done(ended(driver, cancelled ? signal?.reason : undefined));
      if (!cancelled && Number.isFinite(timeout) && driver.restsUntilAfter(started + timeout))
        done(pending(driver, driver.parked?.why));
    };
    const abort = () => {
      cancelled = options.canCancel && driver.cancel();
      if (!cancelled) done(pending(driver, signal?.reason));
    };
    const unlisten = driver.listen(check);
    signal?.addEventListener('abort', abort, { once: true });
    const lift = options.limits.set(timeout, () => done(pending(driver, undefined)));
    if (signal?.aborted) abort();
    check();
  });
}

function ended(driver: OperationDriver, cause: unknown): Waited {
  const { ending } = driver;
  if (ending === undefined || ending.kind === 'closed')
    return { ...pending(driver, undefined), waiting: 'interrupted' };
  if (ending.kind === 'failed') return ending;
  const { record, persisted } = ending;
  return {
    kind: 'settled',
    record,
    persisted,
    source: driver.source ?? 'journal',
    ...(cause !== undefined && { cause }),
  };
}

function pending(driver: OperationDriver, cause: unknown): Extract<Waited, { kind: 'pending' }> {
  const { record } = driver;
  return {
    kind: 'pending',
    record,
    attempts: driver.attempts,
    waiting: driver.waiting,
    ...(record.state.dueAt !== undefined && { until: record.state.dueAt }),
    ...(cause !== undefined && { cause }),
  };
}
