import { JournalError } from '../../core/errors/journal-error.ts';
import { identityLabel } from '../../core/identity.ts';
import type { JournalRecord } from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { type Entry, parseEntry } from './mirror-entry.ts';

/** A record as the database holds it. */
export interface StoredRecord {
  readonly record: JournalRecord;
}

/** What stands in the place of an unfinished record that was lost with its request: the next claim of its name supplies that. Not among the open ones. */
export interface StoredRemains {
  readonly remains: Entry;
}

/** The record in what the database held under `identity`, or undefined where it held nothing.
 *  @throws JournalError 'corrupt' or 'newer-version'; 'lost' where only remains are left */
export function fromStored(stored: unknown, identity: string): JournalRecord | undefined {
  if (stored === undefined) return undefined;
  if (remainsIn(stored, identity) !== undefined) {
    throw new JournalError(
      'lost',
      `The browser lost the request of ${identityLabel(identity)}, which may have been sent, and not its key. Nothing is sent until it is called again: with the same content it goes on with the same key.`,
      { effect: 'possible' },
    );
  }
  return parseRecord(isObject(stored) ? stored['record'] : undefined, identity);
}

export function remainsIn(stored: unknown, identity: string): Entry | undefined {
  return isObject(stored) && 'remains' in stored ? parseEntry(stored['remains'], identity) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
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
