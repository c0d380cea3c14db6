import { promisifyRequest } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { Unreadable } from '../../core/journal.ts';
import { isOpen, type JournalRecord } from '../../core/record.ts';
import { find, openKey } from './record-keys.ts';
import { fromStored } from './stored-record.ts';

/** Sorts behind every text, as IndexedDB compares keys: arrays come last. */
const AFTER_EVERY_TEXT: readonly never[] = [];

/** What is stored for `identity`. Never settles where the transaction ends before: that is for whoever runs it. */
export function readOne(records: IDBObjectStore, identity: string): Promise<unknown> {
  return new Promise((resolve) => find(records, identity, ({ value }) => resolve(value)));
}

/** A name and what is stored for it. */
export type Listed = readonly [identity: string, value: unknown];

/** What the store holds under `prefix`: the open records, and all others unless `openOnly`. */
export async function readPrefix(
  records: IDBObjectStore,
  prefix: string,
  openOnly: boolean,
): Promise<readonly Listed[]> {
  const end = textAfter(prefix) ?? AFTER_EVERY_TEXT;
  const open = readRange(records, IDBKeyRange.bound(openKey(prefix), [end], false, true));
  if (openOnly) return open;
  const others = readRange(records, IDBKeyRange.bound(prefix, end, false, true));
  return (await Promise.all([open, others])).flat();
}

async function readRange(records: IDBObjectStore, range: IDBKeyRange): Promise<readonly Listed[]> {
  const [keys, values] = await Promise.all([
    promisifyRequest(records.getAllKeys(range)),
    promisifyRequest<unknown[]>(records.getAll(range)),
  ]);
  // The journal puts nothing under other keys.
  return keys.map((key, index) => [(Array.isArray(key) ? key[0] : key) as string, values[index]]);
}

/** Sorts what was read into records and those that cannot be used. */
export function sift(
  listed: readonly Listed[],
  openOnly: boolean,
): { readonly records: readonly JournalRecord[]; readonly unreadable: readonly Unreadable[] } {
  const records: JournalRecord[] = [];
  const unreadable: Unreadable[] = [];
  for (const [identity, value] of listed) {
    try {
      const record = fromStored(value, identity);
      if (record !== undefined && (!openOnly || isOpen(record))) records.push(record);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      if (error.reason !== 'corrupt' && error.reason !== 'newer-version' && error.reason !== 'lost') throw error;
      unreadable.push({ identity, reason: error.reason });
    }
  }
  return { records, unreadable };
}

/** The first text after all that start with `prefix`; undefined where there is none. */
function textAfter(prefix: string): string | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const unit = prefix.charCodeAt(at);
    if (unit < 0xffff) return prefix.slice(0, at) + String.fromCharCode(unit + 1);
  }
  return undefined;
}
