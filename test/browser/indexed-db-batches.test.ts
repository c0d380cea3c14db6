import { describe, expect, test } from 'vitest';
import type { OperationRecord } from '../../src/core/record.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { type Entry, runAll } from '../../src/journal/indexed-db/write-batch.ts';
import { changeOf, endedAt, offer, openJournal } from './support/offers.ts';
import { patch } from './support/patch.ts';
import { freshName, rawOpen } from './support/raw-database.ts';

/** Counts the writing transactions from here to the end of the test. */
function countWrites(): { count: number } {
  const writes = { count: 0 };
  const transaction = IDBDatabase.prototype.transaction;
  patch(IDBDatabase.prototype, 'transaction', {
    value(this: IDBDatabase, ...args: Parameters<typeof transaction>) {
      if (args[1] === 'readwrite') writes.count++;
      return transaction.apply(this, args);
    },
  });
  return writes;
}

describe('writes that come together share a transaction', () => {
  test('100 claims at once: one', async () => {
    const journal = openJournal(freshName());
    const writes = countWrites();
    await Promise.all(Array.from({ length: 100 }, (_, index) => journal.claim(offer(`cart/${index}`))));
    expect(writes.count).toBe(1);
  });

  test('100 callers that claim and finish, and another 100 that come meanwhile: a handful', async () => {
    const journal = openJournal(freshName());
    const writes = countWrites();
    const caller = async (id: string): Promise<void> => {
      const record = offer(id);
      await journal.claim(record);
      expect((await journal.update(record.identity, changeOf(record, endedAt(20)))).won).toBe(true);
    };
    const first = Array.from({ length: 100 }, (_, index) => caller(`cart/${index}`));
    // One transaction of theirs is under way: these wait for it, and go with the finishes.
    await Promise.resolve();
    await Promise.resolve();
    const second = Array.from({ length: 100 }, (_, index) => caller(`late/${index}`));
    await Promise.all([...first, ...second]);
    expect(writes.count).toBeGreaterThan(1);
    expect(writes.count).toBeLessThanOrEqual(4);
    expect((await journal.list('', { open: true })).records).toHaveLength(200);
  });
});

/** Create if absent, as a claim decides; what it came to is the key. */
function claimEntry({ identity, ...rest }: OperationRecord): Entry {
  const record: OperationRecord = { identity, ...rest };
  return {
    write: {
      identity,
      relaxed: false,
      decide(stored) {
        const existing = (stored as { record?: OperationRecord } | undefined)?.record;
        if (existing !== undefined) return { result: existing.fixed.key };
        return { put: record, result: record.fixed.key };
      },
    },
    settle: () => undefined,
    abandoned: false,
  };
}

/** The mutant: the writes of one name side by side, like those of all others. */
function runUnchained(records: IDBObjectStore, entries: readonly Entry[]): Promise<unknown> {
  return Promise.all(entries.map((entry) => runAll(records, [entry])));
}

describe('the writes of one name in one transaction', () => {
  async function splitsOf(
    run: (records: IDBObjectStore, entries: readonly Entry[]) => Promise<unknown>,
  ): Promise<number> {
    const name = freshName();
    await openJournal(name).open();
    const database = await rawOpen(name);
    // Else the first of the mutant's writes would commit before the others have run.
    patch(IDBTransaction.prototype, 'commit', { value: undefined });
    const entries = Array.from({ length: 20 }, (_, index) => [
      claimEntry(offer(`cart/${index}`)),
      claimEntry(offer(`cart/${index}`)),
    ]);
    const transaction = database.transaction(RECORDS, 'readwrite');
    const complete = new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    await run(transaction.objectStore(RECORDS), entries.flat());
    await complete;
    database.close();
    const keys = entries.map((pair) => pair.map(({ outcome }) => outcome && 'result' in outcome && outcome.result));
    return keys.filter(([a, b]) => a !== b).length;
  }

  test('are chained: no name gets two keys', async () => {
    expect(await splitsOf(runAll)).toBe(0);
  });

  test('side by side every one of them would: what the chain is for', async () => {
    expect(await splitsOf(runUnchained)).toBe(20);
  });
});
