import { promisifyRequest } from 'idb-keyval';
import { RECORDS } from '../../../src/journal/indexed-db/open-database.ts';
import { openKey } from '../../../src/journal/indexed-db/record-keys.ts';

let made = 0;

/** A database name that no other test has. */
export function freshName(): string {
  return `test-${Date.now()}-${Math.random().toString(36).slice(2)}-${made++}`;
}

/** A connection of somebody else: no `onversionchange`, so it lets nobody delete or upgrade. */
export async function rawOpen(name: string, version?: number): Promise<IDBDatabase> {
  return promisifyRequest(indexedDB.open(name, version));
}

/** Runs one transaction on the records of an existing journal, past the journal. */
export async function rawRecords<T>(
  name: string,
  mode: IDBTransactionMode,
  work: (records: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await rawOpen(name);
  try {
    const transaction = database.transaction(RECORDS, mode);
    const result = await promisifyRequest(work(transaction.objectStore(RECORDS)));
    if (mode === 'readwrite') await promisifyRequest(transaction);
    return result;
  } finally {
    database.close();
  }
}

/** What the database holds for `identity`, as it is. */
export async function rawGet(name: string, identity: string): Promise<unknown> {
  const [open, other] = await Promise.all(
    [openKey(identity), identity].map((key) =>
      rawRecords(name, 'readonly', (records): IDBRequest<unknown> => records.get(key)),
    ),
  );
  return open === undefined ? other : open;
}

/** Puts anything in the place of an open record. */
export function rawPut(name: string, identity: string, value: unknown): Promise<unknown> {
  return rawRecords(name, 'readwrite', (records) => records.put(value, openKey(identity)));
}

export function deleteDatabase(name: string): Promise<unknown> {
  return promisifyRequest(indexedDB.deleteDatabase(name));
}
