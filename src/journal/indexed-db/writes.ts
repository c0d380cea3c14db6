import { JournalError } from '../../core/errors/journal-error.ts';
import { applyClaim, applyUpdate, type Change, type JournalRecord, type NewRecord } from '../../core/record.ts';
import type { Losses } from './losses.ts';
import { revive } from './mirror-entry.ts';
import { copyOf, fromStored, remainsIn } from './stored-record.ts';
import type { Write } from './write-batch.ts';

export type Claimed = { readonly created: boolean; readonly record: JournalRecord };
type Updated = { readonly won: boolean; readonly record: JournalRecord | undefined };

export function claimOf(offered: NewRecord, lost: Losses, name: string): Write<Claimed> {
  const { identity, fixed } = offered;
  // What is told of a lost request, to say that this is another one, is a record that is stored nowhere.
  let isKnown = true;
  // "Absent" no longer means "never claimed" after a loss. An anonymous operation has no name that could have been claimed before.
  const anonymous = fixed.kind === 'operation' && fixed.anonymous === true;
  return {
    identity,
    relaxed: false,
    offer: () => (anonymous || lost.lostAt() === undefined ? offered : undefined),
    decide(stored) {
      isKnown = true;
      const remains = remainsIn(stored, identity);
      if (remains !== undefined) {
        const { record, whole } = revive(remains, offered);
        isKnown = whole;
        const result = { created: false, record };
        return whole ? { put: copyOf(record), result } : { result };
      }
      const existing = fromStored(stored, identity);
      const result = applyClaim(existing, offered);
      if (!result.created) return { result };
      if (existing === undefined && !anonymous) refuseWhileLost(lost, name);
      return { put: offered, result };
    },
    prepare({ created, record }) {
      if (created) lost.claiming(record);
    },
    undo: () => lost.unclaimed(offered),
    noted({ created, record }) {
      if (isKnown) lost.wrote(identity, record, created);
    },
  };
}

/** What `update` was called with. */
export interface Update {
  readonly identity: string;
  readonly change: Change;
  readonly relaxed: boolean;
}

export function updateOf({ identity, change, relaxed }: Update, lost: Losses, name: string): Write<Updated> {
  return {
    identity,
    relaxed,
    decide(stored) {
      const existing = fromStored(stored, identity);
      const { won, record } = applyUpdate(existing, change);
      if (!won || record === undefined) return { result: { won, record } };
      // A mirrored ending may be that of an earlier round: the browser flushes the mirror late.
      if (change.round !== undefined && existing?.state?.tombstone) refuseWhileLost(lost, name);
      // Also where it is our own earlier write: read back it is not yet durable, written again it is.
      const put = copyOf(record);
      return { put, result: { won, record: put } };
    },
    noted: ({ record }) => lost.wrote(identity, record, relaxed),
  };
}

export function removalOf(
  { identity, revision }: { readonly identity: string; readonly revision: number },
  lost: Losses,
): Write<boolean> {
  return {
    identity,
    relaxed: false,
    decide: (stored) =>
      fromStored(stored, identity)?.revision === revision ? { remove: true, result: true } : { result: false },
    noted(removed) {
      if (removed) lost.removed(identity);
    },
  };
}

/** Chromium can throw away an origin's whole IndexedDB one start after it was killed, strict writes included; and somebody may delete it. A payment made
 *  before the loss would get a second key. */
function refuseWhileLost(lost: Losses, name: string): void {
  const at = lost.lostAt();
  if (at === undefined) return;
  throw new JournalError(
    'lost',
    `The IndexedDB database '${name}' was thrown away by the browser, or deleted, with every operation in it (noticed ${new Date(at).toISOString()}): a name that looks new may have been sent. Nothing was sent now. Compare with your server, then call client.operations.acknowledgeLoss().`,
  );
}
