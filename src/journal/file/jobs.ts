import type { Change, JournalRecord } from '../../core/record.ts';
import { type Entry, encodeClaim, encodeRemove, encodeUpdate, markOf, markOfState } from './entry.ts';
import type { Job } from './group-commit.ts';
import { copyOf } from './log-reader.ts';

/** What an entry has that stands in no line yet. */
const UNWRITTEN = { fixed: undefined, state: undefined } as const;

/** @param record checked */
export function claimJob(record: JournalRecord): Job {
  const { identity, revision, write, version, state } = record;
  const since = state?.finishedAt ?? 0;
  const entry: Entry = { kind: 'claim', identity, revision, write, version, mark: markOf(record), since, ...UNWRITTEN };
  // A copy: its body is still the caller's.
  return { entry, text: encodeClaim(record), relaxed: false, begins: true, value: copyOf(record) };
}

/** @param change checked */
export function updateJob(identity: string, change: Change, relaxed: boolean): Job {
  const { revision, write, state, round } = change;
  const since = state.finishedAt ?? 0;
  const entry: Entry = {
    kind: 'update',
    identity,
    revision,
    write,
    version: 1,
    mark: markOfState(state),
    since,
    ...UNWRITTEN,
  };
  return { entry, text: encodeUpdate(identity, change), relaxed, begins: round !== undefined, change };
}

export function removeJob(identity: string, revision: number): Job {
  const entry: Entry = { kind: 'remove', identity, revision, write: '', version: 1, mark: 'k', since: 0, ...UNWRITTEN };
  return { entry, text: encodeRemove(identity, revision), relaxed: false, begins: false };
}
