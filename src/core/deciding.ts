import { noneIsSafeFrom } from './late-arrival.ts';
import { effectOfRecord } from './operation.ts';
import { isFinished, type OperationRecord, type RecordedResponse, type StatePart } from './record.ts';

/** Why a person's decision is not taken. */
export type Refusal =
  /** It has an outcome already. */
  | { readonly because: 'ended' }
  /** A discard would end the sending, not the effect: that must be said. */
  | { readonly because: 'possible' }
  /** Only what is in doubt can be decided. */
  | { readonly because: 'not-in-doubt' }
  /** A delayed copy of the last attempt could still arrive until then, and make "it did not happen" untrue. */
  | { readonly because: 'too-early'; readonly until: number };

/** What a decision writes, or why it is refused. */
export type Decided =
  | { readonly kind: 'state'; readonly state: StatePart }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Ends an operation whose outcome is no longer wanted. */
export function discarded(
  record: OperationRecord,
  { now, evenIfPossiblySent }: { readonly now: number; readonly evenIfPossiblySent: boolean },
): Decided {
  const effect = effectOfRecord(record);
  if (isFinished(record.state)) return refused({ because: 'ended' });
  if (effect === 'possible' && !evenIfPossiblySent) return refused({ because: 'possible' });
  const { driver: _, dueAt: __, waiting: ___, ...state } = record.state;
  return decided({ ...state, state: 'discarded', effect, finishedAt: now, acknowledgedAt: now });
}

/** Ends a doubt: somebody has looked. `attemptTimeout`: how long an attempt of this client may take. */
export function resolved(
  record: OperationRecord,
  verdict: { readonly effect: 'done' | 'none'; readonly response?: RecordedResponse },
  { now, attemptTimeout }: { readonly now: number; readonly attemptTimeout: number },
): Decided {
  if (record.state.state !== 'in-doubt') return refused({ because: 'not-in-doubt' });
  const { reason: _, response: __, driver: ___, ...state } = record.state;
  const ends = { finishedAt: now, acknowledgedAt: now };
  if (verdict.effect === 'done') {
    const { response } = verdict;
    return decided({ ...state, ...ends, state: 'succeeded', source: 'recovered', ...(response && { response }) });
  }
  const until = noneIsSafeFrom(record.state, attemptTimeout, now);
  if (now < until) return refused({ because: 'too-early', until });
  return decided({ ...state, ...ends, state: 'discarded', effect: 'none' });
}

function decided(state: StatePart): Decided {
  return { kind: 'state', state };
}

function refused(refusal: Refusal): Decided {
  return { kind: 'refused', refusal };
}
