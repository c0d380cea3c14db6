import { describe } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { openKey } from '../../src/journal/indexed-db/record-keys.ts';
import { runContract } from '../support/run-contract.ts';

let made = 0;

describe('indexedDBJournal keeps the journal contract', () => {
  const names = new WeakMap<Journal, string>();
  const nameOf = (journal: Journal) => names.get(journal) ?? '';
  runContract(
    async () => {
      const name = `contract-${Date.now()}-${made++}`;
      const journal = indexedDBJournal(name);
      names.set(journal, name);
      return journal;
    },
    {
      reopen: async (journal) => indexedDBJournal(nameOf(journal)),
      damage: (journal, identity, kind) =>
        rewrite(nameOf(journal), identity, (stored) =>
          kind === 'garbage'
            ? { ...stored, record: { ...stored.record, fixed: 'x' } }
            : { ...stored, record: { ...stored.record, version: 2 } },
        ),
    },
  );
});

interface Stored {
  readonly record: object;
}

/** Replaces what the database holds under `identity`, through a connection of its own. */
async function rewrite(name: string, identity: string, change: (stored: Stored) => object): Promise<void> {
  const database = await settled(indexedDB.open(name));
  const transaction = database.transaction(RECORDS, 'readwrite');
  const store = transaction.objectStore(RECORDS);
  for (const key of [openKey(identity), identity]) {
    const stored = (await settled(store.get(key))) as Stored | undefined;
    if (stored !== undefined) store.put(change(stored), key);
  }
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
  });
  database.close();
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('failed'));
  });
}
