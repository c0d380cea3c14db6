import { effectOfRecord } from './operation.ts';
import type { OperationRecord } from './record.ts';

/** How a name stands in the journal. */
export type Standing =
  | 'absent'
  | 'pending'
  | 'in-doubt'
  | 'succeeded'
  | 'rejected'
  | 'unsent'
  | 'discarded'
  | 'succeeded tombstone'
  | 'rejected tombstone'
  | 'discarded tombstone';

/** What a call with that name does. */
export type Action =
  /** Create the record and send. */
  | 'claim'
  /** Wait for the operation that is under way. */
  | 'join'
  /** Hand out what is stored: response, rejection, doubt, or the bare fact. Nothing is sent. */
  | 'stored'
  /** OperationConflictError. Nothing is sent. */
  | 'conflict'
  /** A new key: compare-and-set on the round number, then send. */
  | 'new-round'
  /** The same, where the stored rejection is the answer unless the caller says `retryRejected`. */
  | 'stored-or-new-round';

/** What a call with a known name gets (design section 4). A name is one intent: it never leads to a second effect. */
export const KNOWN_NAME: Readonly<Record<Standing, { readonly same: Action; readonly other: Action }>> = {
  absent: { same: 'claim', other: 'claim' },
  pending: { same: 'join', other: 'conflict' },
  'in-doubt': { same: 'stored', other: 'stored' },
  succeeded: { same: 'stored', other: 'conflict' },
  rejected: { same: 'stored-or-new-round', other: 'new-round' },
  unsent: { same: 'new-round', other: 'new-round' },
  discarded: { same: 'stored', other: 'stored' },
  'succeeded tombstone': { same: 'stored', other: 'stored' },
  'rejected tombstone': { same: 'stored-or-new-round', other: 'new-round' },
  'discarded tombstone': { same: 'stored', other: 'stored' },
};

export function standingOf(record: OperationRecord): Standing {
  const { state } = record.state;
  if (state === 'claimed' || state === 'dispatched') return 'pending';
  if (state === 'not-sent' || (state === 'discarded' && effectOfRecord(record) === 'none')) return 'unsent';
  return record.state.tombstone && state !== 'in-doubt' ? `${state} tombstone` : state;
}
