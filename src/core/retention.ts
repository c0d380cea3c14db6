import { isFinished, isOpen, type JournalRecord, type OperationRecord, type StatePart } from './record.ts';
import { toTombstone } from './tombstone.ts';

/** How long a finished operation keeps what it no longer needs, in milliseconds after it finished. */
export interface Retention {
  /** Body and headers of its answer: personal data. */
  readonly response: number;
  /** Everything else but the fact, its tombstone, which stays. */
  readonly record: number;
}

const DAY = 86_400_000;

/** A day, in which whoever crashed comes back for the answer; and longer than any queue delivers the same message again. */
export const DEFAULT_RETENTION: Retention = { response: DAY, record: 400 * DAY };

/** The record as it is to be kept at the time `now`: the same object where nothing is to go.
 *
 *  Never collected: what is unfinished or in doubt; what nobody has been told of, since it is the answer somebody still comes back for; and handed-in
 *  keys, which keep two operations from sharing one. A clock that went back collects nothing. */
export function collected(record: JournalRecord, retention: Retention, now: number): JournalRecord {
  if (record.fixed.kind !== 'operation' || record.state === undefined || isOpen(record)) return record;
  const { state } = record;
  if (!isFinished(state) || state.finishedAt === undefined || state.tombstone === true) return record;
  const age = now - state.finishedAt;
  if (age >= retention.record) return toTombstone(record);
  return age >= retention.response ? withoutAnswer(record) : record;
}

/** Of the answer only the status: what it said is in its body, its headers, what a monitor told, and the digest of what came several times. */
function withoutAnswer(record: OperationRecord): OperationRecord {
  const { response, progress, streak, ...rest } = record.state;
  const held = response !== undefined && (response.body !== undefined || Object.keys(response.headers).length > 0);
  if (!held && progress === undefined && streak === undefined) return record;
  const state: StatePart = { ...rest, ...(response && { response: { status: response.status, headers: {} } }) };
  return { ...record, state };
}
