import type { Progress } from './decide.ts';
import type { JournalError } from './errors/journal-error.ts';
import { lastSendBefore } from './late-arrival.ts';
import { type RecordedResponse, type StatePart, withoutTarget } from './record.ts';
import {
  isOperation,
  type Saved,
  type Settled,
  save,
  stateNow,
  storeLater,
  withoutLargeBody,
  withoutMark,
} from './save.ts';
import type { InDoubtReason, Waiting } from './types.ts';
import type { Driving, Work } from './work.ts';

/** Why the loop ended. */
export type Rest =
  | Settled
  /** `why` says what is missing, where that is not plain from `waiting`. */
  | { readonly kind: 'parked'; readonly why?: string }
  /** Another driver, or a change by somebody else: read the record again. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'closed' }
  /** Nothing was sent: the journal could not make the dispatch mark durable. */
  | { readonly kind: 'failed'; readonly error: JournalError };

/** A refusal that proves something only because nothing was sent before: if another driver took over meanwhile, its own attempt may succeed.
 *  `none` is told only after it is durable: a process that ends before leaves the record dispatched, and the next one's attempt may succeed too. */
export async function storeIfStillOurs(work: Work, driving: Driving, outcome: StatePart): Promise<Rest> {
  const state = withoutLargeBody(outcome);
  const { record } = work;
  const saved = await save(work, driving, state);
  if (saved.kind !== 'failed') return saved.kind === 'lost' ? saved : settled(work, driving, outcome, saved);
  await storeLater(record, driving, state, (now) => now.revision === record.revision);
  const now = await driving.journal.get(record.identity).catch(() => undefined);
  if (now === undefined || !isOperation(now) || now.state.finishedAt !== outcome.finishedAt) return { kind: 'lost' };
  return { kind: 'settled', record: { ...now, state: outcome }, persisted: true };
}

/** Kept in memory, and stored as soon as the journal allows, where it does not now: unless somebody else has changed the record by then. */
function settled(work: Work, driving: Driving, state: StatePart, saved: Saved): Settled {
  const { record } = work;
  // The caller is given the whole body, also where the journal keeps none of it.
  const told = { kind: 'settled', record: { ...record, state }, persisted: saved.kind === 'saved' } as const;
  if (told.persisted) return told;
  const stored = storeLater(record, driving, withoutLargeBody(state), (now) => now.revision === record.revision);
  return { ...told, stored };
}

/** Cancelled, or past its deadline, before anything left. `none` is told only after it is durable. */
export async function endUnsent(work: Work, driving: Driving): Promise<Rest> {
  const { driver: _, ...state } = withoutMark(stateNow(work, driving));
  const saved = await save(work, driving, { ...state, state: 'not-sent', finishedAt: driving.settings.clock.now() });
  return saved.kind === 'saved' ? { kind: 'settled', record: work.record, persisted: true } : saved;
}

export async function enterDoubt(
  work: Work,
  driving: Driving,
  reason: InDoubtReason,
  response?: RecordedResponse,
): Promise<Rest> {
  const { driver: _, ...state } = withoutTarget(stateNow(work, driving));
  // From here on a person may say "it did not happen": not before the last copy anybody can have sent is gone.
  const lastSentAt = lastSendBefore(work, driving.settings.clock.now());
  const doubt: StatePart = {
    ...state,
    state: 'in-doubt',
    reason,
    ...(lastSentAt !== undefined && { lastSentAt }),
    ...(response && { response }),
  };
  const saved = await save(work, driving, withoutLargeBody(doubt));
  if (saved.kind === 'lost') return saved;
  // Doubt is no outcome, so nothing is lost where it cannot be stored: a restart finds the record dispatched, and judges again.
  return settled(work, driving, doubt, saved);
}

type Park = Omit<Progress, 'notBefore'> &
  Pick<StatePart, 'dueAt' | 'target'> & {
    readonly waiting: Waiting;
    readonly why?: string;
  };

/** Durable, with its reason and due time. Where nothing was sent, the mark is taken back before anybody is told so. */
export async function park(work: Work, driving: Driving, { why, ...parked }: Park): Promise<Rest> {
  work.waiting = parked.waiting;
  const now = stateNow(work, driving);
  const saved = await save(work, driving, { ...(work.possible ? now : withoutMark(now)), ...parked });
  if (saved.kind === 'lost') return saved;
  if (saved.kind === 'failed' && !work.possible) return saved;
  if (saved.kind === 'failed') work.record = { ...work.record, state: { ...now, ...parked } };
  return { kind: 'parked', ...(why !== undefined && { why }) };
}
