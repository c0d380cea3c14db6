import { JournalError } from './errors/journal-error.ts';
import { isFinished, type JournalRecord, type OperationRecord, type StatePart } from './record.ts';
import { errorName, safeCause } from './safe-cause.ts';
import type { Settings } from './settings.ts';
import type { Driving, Work } from './work.ts';

/** A stored response is at most 1 MiB. */
const LARGEST_STORED = 1024 * 1024;

/** What became of a write. */
export type Saved =
  | { readonly kind: 'saved' }
  /** Somebody else changed the record first. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly error: JournalError };

/** Where an operation came to rest. */
export interface Settled {
  readonly kind: 'settled';
  readonly record: OperationRecord;
  /** False: a true answer that the journal could not store. */
  readonly persisted: boolean;
  /** Where it was not: settles when the journal has it, or nobody tries any more. */
  readonly stored?: Promise<void>;
}

/** Compare-and-set of the state of the record we drive. */
export async function save(
  work: Work,
  driving: Driving,
  state: StatePart,
  options: { readonly relaxed?: boolean } = {},
): Promise<Saved> {
  const { record } = work;
  try {
    const change = { revision: record.revision, write: token(driving), state };
    const result = await driving.journal.update(record.identity, change, options);
    if (result.record !== undefined && isOperation(result.record) && result.won) {
      work.record = result.record;
      return { kind: 'saved' };
    }
    work.current = false;
    return { kind: 'lost' };
  } catch (error) {
    return { kind: 'failed', error: asJournalError(error, record.fixed.id) };
  }
}

/** The state as it is now, with what every write carries along. */
export function stateNow(work: Work, { settings }: Driving): StatePart {
  const { state } = work.record;
  const now = {
    ...(OF_THE_MOMENT.some((name) => name in state) ? withoutMoment(state) : state),
    attempts: work.attempts,
    lastSeenAt: Math.max(state.lastSeenAt, settings.clock.now()),
  };
  return work.sentAt === undefined ? now : { ...now, lastSentAt: work.sentAt };
}

/** What was true of the last write, and is said anew by the next one. */
const OF_THE_MOMENT = ['streak', 'unreadable', 'inProgressSince', 'notBefore', 'dueAt', 'waiting', 'reason'] as const;

function withoutMoment(state: StatePart): StatePart {
  const rest: { -readonly [Name in keyof StatePart]: StatePart[Name] } = { ...state };
  for (const name of OF_THE_MOMENT) delete rest[name];
  return rest;
}

/** The dispatch mark taken back: nothing was sent, and the record says so again. */
export function withoutMark({ dispatchedAt: _, ...state }: StatePart): StatePart {
  return { ...state, state: 'claimed' };
}

/** Stores an authoritative answer. Leases guard sending only: whoever holds the answer stores it, whoever drives by now, until the record is
 *  finished. Where the journal fails, the answer is given all the same, marked, and stored as soon as the journal allows. */
export async function storeOutcome(work: Work, driving: Driving, outcome: StatePart): Promise<Settled> {
  let base = work.record;
  const state = withoutLargeBody(outcome);
  for (;;) {
    let result: { readonly won: boolean; readonly record: JournalRecord | undefined };
    try {
      result = await driving.journal.update(base.identity, { revision: base.revision, write: token(driving), state });
    } catch {
      return { ...settledAs(base, outcome, false), stored: storeLater(base, driving, state) };
    }
    const { won, record } = result;
    // Gone, or another request by now: somebody has decided otherwise, and the answer is still true.
    if (record === undefined || !isOperation(record) || record.fixed.key !== base.fixed.key)
      return settledAs(base, outcome, false);
    if (won) return settledAs(record, outcome, true);
    if (!acceptsOutcome(record)) return { kind: 'settled', record, persisted: true };
    base = record;
  }
}

/** The caller gets the whole body; the journal keeps 1 MiB of one at most. */
export function withoutLargeBody(state: StatePart): StatePart {
  if ((state.response?.body?.length ?? 0) <= LARGEST_STORED || state.response === undefined) return state;
  const { body: _, ...response } = state.response;
  return { ...state, response };
}

/** Unfinished, or discarded without knowing: the true outcome may still be written. */
function acceptsOutcome({ state }: OperationRecord): boolean {
  return !isFinished(state) || (state.state === 'discarded' && state.effect === 'possible');
}

/** After a restart the record would be asked again with the same key, and replayed; while this process lives, it tries to spare that. */
export async function storeLater(
  base: OperationRecord,
  driving: Driving,
  state: StatePart,
  accepts: (record: OperationRecord) => boolean = acceptsOutcome,
): Promise<void> {
  const { settings, journal, stop } = driving;
  for (let wait = 100, last = false; !last; wait = Math.min(wait * 2, 60_000)) {
    await settings.clock.sleep(wait, stop).catch(() => undefined);
    // A closing client tries once more.
    last = stop.aborted;
    try {
      const record = await journal.get(base.identity);
      if (record === undefined || !isOperation(record) || record.fixed.key !== base.fixed.key) return;
      if (!accepts(record)) return;
      const change = { revision: record.revision, write: token(driving), state };
      if ((await journal.update(base.identity, change)).won) return;
    } catch {
      // Still failing.
    }
  }
}

function settledAs(base: OperationRecord, state: StatePart, persisted: boolean): Settled {
  return { kind: 'settled', record: { ...base, state }, persisted };
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The random token of one write. */
export function token({ settings }: { readonly settings: Pick<Settings, 'random'> }): string {
  let text = '';
  for (const byte of settings.random.bytes(12)) text += HEX[byte];
  return text;
}

export function isOperation(record: JournalRecord): record is OperationRecord {
  return record.fixed.kind === 'operation';
}

/** Whatever a journal throws becomes a JournalError: a caller's own journal may throw anything, and say anything. */
export function asJournalError(error: unknown, operationId: string | undefined): JournalError {
  if (!(error instanceof JournalError)) {
    const what = `${operationId ?? 'The journal'}: the journal failed (${errorName(error)}).`;
    return new JournalError('unavailable', what, { operationId, cause: safeCause(error) });
  }
  if (error.cause === undefined) return error;
  const { reason, message, effect } = error;
  const cause = safeCause(error.cause);
  return new JournalError(reason, message, { effect, operationId: error.operationId ?? operationId, cause });
}
