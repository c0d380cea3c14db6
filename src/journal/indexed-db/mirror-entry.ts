import {
  isFinished,
  type JournalRecord,
  type NewRecord,
  type OperationRecord,
  type StatePart,
} from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { toTombstone } from '../../core/tombstone.ts';
import { contentHash } from './content-hash.ts';

/** What is kept of a record outside the database: enough that its name never gets a second key, and nothing of what it sent. */
export interface Entry {
  /** Finished: a tombstone. Unfinished: without URL, headers, body and meta. */
  readonly record: JournalRecord;
  /** Of an unfinished operation: hash of the request's own bytes. The `fingerprint` may be one that the caller gave, which is equal where the bytes are
   *  not, and the same key must never go out with other bytes. */
  readonly content?: string;
}

/** The entry for `record`. Undefined for an anonymous operation: nobody can ask for it again, and without its request nobody can send it. */
export function entryOf(record: JournalRecord): Entry | undefined {
  if (record.fixed.kind === 'key' || record.state === undefined) return { record };
  const { anonymous, request, salt } = record.fixed;
  if (anonymous) return undefined;
  if (isFinished(record.state)) return { record: toTombstone(record) };
  return { record: withoutRequest(record), content: contentHash(request, salt) };
}

/** Whether the entry is of an operation that had not ended: it has no request. */
export function isUnfinished({ record }: Entry): boolean {
  return record.state !== undefined && !isFinished(record.state);
}

function withoutRequest({ fixed, state, ...record }: OperationRecord): OperationRecord {
  const { kind, id, owner, scope, round, key, fingerprint, salt, createdAt } = fixed;
  const request = { method: fixed.request.method, url: '', headers: [] };
  const { attempts, lastSeenAt, dispatchedAt, lastSentAt, reason } = state;
  return {
    ...record,
    fixed: {
      kind,
      id,
      owner,
      ...(scope !== undefined && { scope }),
      round,
      key,
      request,
      fingerprint,
      salt,
      createdAt,
    },
    state: {
      state: state.state,
      attempts,
      lastSeenAt,
      ...(dispatchedAt !== undefined && { dispatchedAt }),
      ...(lastSentAt !== undefined && { lastSentAt }),
      ...(reason !== undefined && { reason }),
    },
  };
}

/** The entry in what was stored for `identity`, or undefined where that is none: any script of the origin can write there. */
export function parseEntry(stored: unknown, identity: string): Entry | undefined {
  try {
    const { content, record } = stored as Entry;
    // Only a tombstone has no address.
    parseRecord(record.state ? { ...record, state: { ...record.state, tombstone: true } } : record, identity);
    return { record, ...(content !== undefined && { content: String(content) }) };
  } catch {
    return undefined;
  }
}

/** What a claim of the entry's name finds. */
export interface Revived {
  readonly record: JournalRecord;
  /** The record can be stored and driven: it is whole again. */
  readonly whole: boolean;
}

/** The entry as a record. An unfinished operation takes its request from the call that has its name, if that is the same request byte for byte: then it
 *  goes on with its own key. Otherwise its name stands for another request, whose bytes nobody knows any more. */
export function revive({ content, record }: Entry, offered: NewRecord): Revived {
  if (record.state === undefined || isFinished(record.state)) return { record, whole: true };
  const { fixed, state } = record;
  const whole = offered.fixed.kind === 'operation' && contentHash(offered.fixed.request, fixed.salt) === content;
  if (!whole) return { record: { ...record, fixed: { ...fixed, fingerprint: '' } }, whole };
  const { scope: _, ...asked } = offered.fixed;
  return {
    whole,
    record: {
      ...record,
      fixed: { ...asked, ...fixed, request: asked.request },
      state: possiblySent(state, fixed.createdAt),
    },
  };
}

/** Whether it had been sent is no longer known where the record itself is lost: what is left of it may be older. */
export function possiblySent(state: StatePart, createdAt: number): StatePart {
  return state.state === 'claimed' ? { ...state, state: 'dispatched', dispatchedAt: createdAt } : state;
}
