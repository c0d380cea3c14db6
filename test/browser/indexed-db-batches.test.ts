import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { OperationRecord } from '../../src/core/record.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { type Entry, runAll } from '../../src/journal/indexed-db/write-batch.ts';
import { changeOf, endedAt, offer, openJournal, sentAt } from './support/offers.ts';
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

describe('a name that is most likely new', () => {
  test('is added unread: two requests, no value read', async () => {
    const journal = openJournal(freshName());
    await journal.open();
    const get = vi.spyOn(IDBObjectStore.prototype, 'get');
    onTestFinished(() => get.mockRestore());
    expect((await journal.claim(offer('cart/1'))).created).toBe(true);
    expect(get).not.toHaveBeenCalled();
  });

  test.each([
    ['under way', sentAt(1)],
    ['ended', endedAt(20)],
    ['ended and told of', { ...endedAt(20), acknowledgedAt: 20 }],
  ])('and is %s: what is there comes back, and the claims beside it are stored', async (_, state) => {
    const name = freshName();
    const known = offer('cart/1');
    const other = openJournal(name);
    await other.claim(known);
    await other.update(known.identity, changeOf(known, state));
    const journal = openJournal(name);
    const claims = await Promise.all(['cart/0', 'cart/1', 'cart/1', 'cart/2'].map((id) => journal.claim(offer(id))));
    expect(claims.map(({ created }) => created)).toEqual([true, false, false, true]);
    expect(claims.map(({ record }) => record.revision)).toEqual([1, 2, 2, 1]);
    expect((await journal.list('')).records.map(({ identity }) => identity).sort()).toEqual(
      claims.map(({ record }) => record.identity).filter((identity, at, all) => all.indexOf(identity) === at),
    );
  });

  test('is not left behind where its caller has been told meanwhile that it failed', async () => {
    const name = freshName();
    await openJournal(name).open();
    const database = await rawOpen(name);
    onTestFinished(() => database.close());
    const entries = ['cart/1', 'cart/2', 'cart/3'].map((id): Entry => {
      const record = offer(id);
      const { write, ...rest } = claimEntry(record);
      return { ...rest, write: { ...write, offer: () => record } };
    });
    const transaction = database.transaction(RECORDS, 'readwrite');
    const complete = new Promise((resolve) => {
      transaction.oncomplete = resolve;
    });
    const ran = runAll(transaction.objectStore(RECORDS), entries);
    for (const entry of entries.slice(1, 2)) entry.abandoned = true;
    await ran;
    await complete;
    const { records } = await openJournal(name).list('');
    expect(records.map(({ identity }) => identity)).toEqual(
      [entries[0], entries[2]].map((entry) => entry?.write.identity),
    );
  });
});
