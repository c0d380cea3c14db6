import { isOpen, type JournalRecord } from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';

/** A record as the database holds it. `open` is there only while `isOpen` holds: the index on it is sparse, so that a start reads those alone. */
export interface StoredRecord {
  readonly open?: 1;
  readonly record: JournalRecord;
}

export function toStored(record: JournalRecord): StoredRecord {
  return isOpen(record) ? { open: 1, record } : { record };
}

/** The record in what the database held under `identity`, or undefined where it held nothing.
 *  @throws JournalError 'corrupt' or 'newer-version' */
export function fromStored(stored: unknown, identity: string): JournalRecord | undefined {
  if (stored === undefined) return undefined;
  const isObject = typeof stored === 'object' && stored !== null;
  return parseRecord(isObject ? (stored as { record?: unknown }).record : undefined, identity);
}

/** A copy that shares nothing with `record`, checked as if it had been read. Bodies get a buffer of their own: a view is stored with its whole
 *  buffer (measured: 10 bytes of a 1 MB buffer take 1 MB).
 *  @throws JournalError 'corrupt' for a record that could not be read back */
export function copyOf(record: JournalRecord): JournalRecord {
  return parseRecord(withOwnBytes(record), record.identity);
}

function withOwnBytes(record: JournalRecord): JournalRecord {
  if (record.fixed.kind === 'key' || record.state === undefined) return record;
  const { fixed, state } = record;
  return {
    ...record,
    fixed: { ...fixed, request: withOwnBody(fixed.request) },
    state: state.response === undefined ? state : { ...state, response: withOwnBody(state.response) },
  };
}

function withOwnBody<T extends { readonly body?: Uint8Array<ArrayBuffer> }>(holder: T): T {
  return holder.body === undefined ? holder : { ...holder, body: new Uint8Array(holder.body) };
}
