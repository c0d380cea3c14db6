import { type Change, isFinished, type JournalRecord, withoutTarget } from '../../core/record.ts';
import {
  type Entry,
  encodeClaim,
  encodeRemove,
  encodeUpdate,
  markOf,
  markOfState,
  placesIn,
  textsOf,
  textsOfChange,
} from './entry.ts';
import type { Job } from './waiting.ts';

/** @param record checked, and nobody else's from now on */
export function claimJob(record: JournalRecord): Job {
  const { identity, revision, write, version, state } = record;
  const since = state?.finishedAt ?? 0;
  const parts = textsOf(record);
  const text = encodeClaim(record, parts);
  const mark = markOf(record);
  const entry: Entry = { kind: 'claim', identity, revision, write, version, mark, since, ...placesIn(text, parts) };
  return { entry, text, relaxed: false, begins: true, value: withOwnBodies(record), change: undefined };
}

/** @param change checked */
export function updateJob(identity: string, asked: Change, relaxed: boolean): Job {
  // Where it went is nobody's business once it has ended: it must not be in the file either.
  const change = isFinished(asked.state) ? { ...asked, state: withoutTarget(asked.state) } : asked;
  const { revision, write, state, round } = change;
  const since = state.finishedAt ?? 0;
  const parts = textsOfChange(change);
  const text = encodeUpdate(identity, change, parts);
  const mark = markOfState(state);
  const entry: Entry = { kind: 'update', identity, revision, write, version: 1, mark, since, ...placesIn(text, parts) };
  return { entry, text, relaxed, begins: round !== undefined, value: undefined, change };
}

export function removeJob(identity: string, revision: number): Job {
  const nothing = { write: '', version: 1, mark: 'k', since: 0, fixed: undefined, state: undefined } as const;
  const entry: Entry = { kind: 'remove', identity, revision, ...nothing };
  const text = encodeRemove(identity, revision);
  return { entry, text, relaxed: false, begins: false, value: undefined, change: undefined };
}

/** The bytes of a body are still the caller's. */
function withOwnBodies(record: JournalRecord): JournalRecord {
  if (record.state === undefined) return record;
  const { fixed, state } = record;
  const ownFixed = fixed.request.body === undefined ? fixed : { ...fixed, request: withOwnBody(fixed.request) };
  const ownState = state.response?.body === undefined ? state : { ...state, response: withOwnBody(state.response) };
  return { ...record, fixed: ownFixed, state: ownState };
}

function withOwnBody<T extends { readonly body?: Uint8Array<ArrayBuffer> }>(holder: T): T {
  return { ...holder, body: holder.body?.slice() };
}
