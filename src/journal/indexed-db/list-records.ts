import { promisifyRequest } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { Unreadable } from '../../core/journal.ts';
import { isOpen, type JournalRecord } from '../../core/record.ts';
import { OPEN_INDEX } from './open-database.ts';
import { fromStored } from './stored-record.ts';

/** Sorts behind every text, as IndexedDB compares keys: arrays come last. */
const AFTER_EVERY_TEXT: readonly never[] = [];

/** What the store holds under `prefix`, with its identities. With `openOnly` through the sparse index: 100 open records beside 10,000 others are
 *  read in 3 ms instead of 458. */
export async function readPrefix(
  records: IDBObjectStore,
  prefix: string,
  openOnly: boolean,
): Promise<{ readonly identities: readonly string[]; readonly values: readonly unknown[] }> {
  const source = openOnly ? records.index(OPEN_INDEX) : records;
  const end = textAfter(prefix) ?? AFTER_EVERY_TEXT;
  const range = openOnly
    ? IDBKeyRange.bound([1, prefix], [1, end], false, true)
    : IDBKeyRange.bound(prefix, end, false, true);
  const [identities, values] = await Promise.all([
    promisifyRequest(source.getAllKeys(range)),
    promisifyRequest<unknown[]>(source.getAll(range)),
  ]);
  // The journal puts nothing under other keys, and the range holds no others.
  return { identities: identities as string[], values };
}

/** Sorts what was read into records and those that cannot be used. */
export function sift(
  { identities, values }: { readonly identities: readonly string[]; readonly values: readonly unknown[] },
  openOnly: boolean,
): { readonly records: readonly JournalRecord[]; readonly unreadable: readonly Unreadable[] } {
  const records: JournalRecord[] = [];
  const unreadable: Unreadable[] = [];
  for (const [index, identity] of identities.entries()) {
    try {
      const record = fromStored(values[index], identity);
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
