import { describe, expect, test } from 'vitest';
import { createClient } from '../../src/index.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { walk } from '../support/client-known-name.ts';
import type { Medium } from '../support/client-world.ts';
import { freshName, rawPut } from './support/raw-database.ts';

/** One database, and a connection of its own for each client. */
async function makeMedium(): Promise<Medium> {
  const name = freshName();
  const journals = [indexedDBJournal(name)];
  await journals[0]?.open();
  return {
    open() {
      const journal = indexedDBJournal(name);
      journals.push(journal);
      return journal;
    },
    plant: async (identity, what) => {
      const record = { version: what === 'newer-version' ? 99 : 1, identity, revision: 1, write: 'planted', fixed: {} };
      await rawPut(name, identity, { record });
    },
    close: async () => {
      await Promise.all(journals.map((journal) => journal.close()));
      indexedDB.deleteDatabase(name);
    },
  };
}

describe('a call with a known name, IndexedDB journal', () => {
  const cases = walk({
    createClient,
    makeMedium,
    serve: async (mock) => ({ url: 'https://api.test', fetch: mock.fetch, close: async () => undefined }),
  });
  test.each(cases)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
