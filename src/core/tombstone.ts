import { effectOfRecord } from './operation.ts';
import { isFinished, type OperationRecord, type StatePart } from './record.ts';

/** What remains of a finished operation: owner, name, salted fingerprint, round, status, effect and time, but no key, request, body or meta (I14).
 *  Unfinished and in-doubt operations are never collected: they come back as they are. */
export function toTombstone(record: OperationRecord): OperationRecord {
  const { fixed, state } = record;
  if (!isFinished(state) || state.finishedAt === undefined) return record;
  const { method } = fixed.request;
  const { id, owner, scope, round, fingerprint, salt, createdAt } = fixed;
  const remains: StatePart = {
    state: state.state,
    attempts: state.attempts,
    lastSeenAt: state.lastSeenAt,
    finishedAt: state.finishedAt,
    effect: effectOfRecord(record),
    acknowledgedAt: state.acknowledgedAt ?? state.finishedAt,
    tombstone: true,
    ...(state.dispatchedAt !== undefined && { dispatchedAt: state.dispatchedAt }),
    ...(state.source && { source: state.source }),
    ...(state.response && { response: { status: state.response.status, headers: {} } }),
  };
  return {
    ...record,
    fixed: {
      kind: 'operation',
      id,
      owner,
      ...(scope !== undefined && { scope }),
      round,
      key: COLLECTED_KEY,
      request: { method, url: '', headers: [] },
      fingerprint,
      salt,
      createdAt,
    },
    state: remains,
  };
}

/** Stands where the key was: a tombstone never sends. */
const COLLECTED_KEY = '-';
