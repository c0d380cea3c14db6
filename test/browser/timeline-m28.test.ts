import { describe, expect, test } from 'vitest';
import { type Client, createClient, type Journal } from '../../src/index.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { ietf } from '../../src/profiles/index.ts';
import { freshName } from './support/raw-database.ts';

const NAMES = Array.from({ length: 60 }, (_, at) => `cart/${at}`);

function makeMock(held = Promise.withResolvers<void>()): Mock {
  let charges = 0;
  return createMock({
    inProgress: 'wait',
    routes: {
      'POST /hold': async () => {
        await held.promise;
        return new Response('held', { status: 201 });
      },
      'POST /charges': () => {
        charges += 1;
        return Response.json({ charge: charges }, { status: 201 });
      },
    },
  });
}

/** A client as one tab has it: a connection of its own to the one database. */
function tab(database: string, mock: Mock, journal: Journal = indexedDBJournal(database)): Client {
  return createClient({
    baseUrl: 'https://api.test',
    name: 'shop',
    owner: 'alice',
    profile: ietf({ keyLifetime: '24h' }),
    journal,
    fetch: mock.fetch,
  });
}

const pay = (client: Client, once: string): Promise<string> =>
  client.post('/charges', { once, json: { amount: 5 } }).text();

/** What each readwrite transaction asked for, in order: `add cart/1`, `get cart/1`, `put cart/1`. */
function watchTransactions(): { readonly transactions: ReadonlyMap<IDBTransaction, string[]>; stop(): void } {
  const transactions = new Map<IDBTransaction, string[]>();
  const { get, put, add } = IDBObjectStore.prototype;
  const note = (store: IDBObjectStore, what: string) => {
    const asked = transactions.get(store.transaction) ?? [];
    transactions.set(store.transaction, asked);
    asked.push(what);
  };
  IDBObjectStore.prototype.get = function (query) {
    note(this, `get ${String(query)}`);
    return get.call(this, query);
  };
  IDBObjectStore.prototype.put = function (value, key) {
    note(this, `put ${String(key)}`);
    return put.call(this, value, key);
  };
  IDBObjectStore.prototype.add = function (value, key) {
    note(this, `add ${String(key)}`);
    return add.call(this, value, key);
  };
  const stop = (): void => {
    Object.assign(IDBObjectStore.prototype, { get, put, add });
  };
  return { transactions, stop };
}

describe('M28: two tabs, one database', () => {
  test.each([
    // Side by side in two transactions; and in one, where writes of one name must follow each other.
    ['two tabs click', 'a connection each'],
    ['two clients of one page click', 'one connection'],
  ])('M28: %s the same sixty carts at once, twice each, over %s: one key and one charge for each', async (_, over) => {
    const held = Promise.withResolvers<void>();
    const mock = makeMock(held);
    const database = freshName();
    const shared = over === 'one connection' ? indexedDBJournal(database) : undefined;
    const tabs = [tab(database, mock, shared), tab(database, mock, shared)] as const;
    // Both drive something already: nothing is to be waited for between a click and its claim, and the claims meet.
    const busy = tabs.map((client, at) => client.post('/hold', { once: `hold/${at}` }).text());
    await expect.poll(() => mock.effects('POST /hold').length).toBe(2);
    const [first, second] = tabs;
    const answers = await Promise.all(
      NAMES.map((name) => Promise.all([first, second, first, second].map((client) => pay(client, name)))),
    );
    // All four callers of a name were told of the same charge, and no two names of one.
    expect(answers.map((one) => new Set(one).size)).toEqual(NAMES.map(() => 1));
    expect(new Set(answers.flat()).size).toBe(NAMES.length);
    expect(mock.effects('POST /charges')).toHaveLength(NAMES.length);
    const keys = mock.effects('POST /charges').map(({ key }) => key?.slice(0, 8));
    expect(mock.ledger()).toHaveLength(NAMES.length + tabs.length);
    held.resolve();
    expect(await Promise.all(busy)).toEqual(['held', 'held']);
    for (const client of tabs) {
      const operations = await client.operations.list({ prefix: ['cart'] });
      expect(operations.map(({ keyHint }) => keyHint).sort()).toEqual([...keys].sort());
    }
    await Promise.all(tabs.map((client) => client.close()));
  });

  test('M28: whatever is written over something was read in the same transaction', async () => {
    const mock = makeMock();
    const client = tab(freshName(), mock);
    await client.ready();
    const { transactions, stop } = watchTransactions();
    try {
      mock.fail('status:503');
      await pay(client, 'cart/1');
    } finally {
      stop();
    }
    const writing = [...transactions.values()].filter((asked) => asked.some((what) => /^(put|add)/.test(what)));
    // The claim, the answer, and what was in between.
    expect(writing.length).toBeGreaterThanOrEqual(2);
    // An add is both: the store refuses it where there is something.
    expect(writing[0]).toEqual([expect.stringMatching(/^add .*cart%2F1$/)]);
    for (const asked of writing) {
      for (const [at, what] of asked.entries()) {
        if (what.startsWith('put')) expect(asked.slice(0, at)).toContain(what.replace('put', 'get'));
      }
    }
    await client.close();
  });

  test('M28: the tab that lost the claim goes on with the key that came back, never with the one it offered', async () => {
    const mock = makeMock();
    const database = freshName();
    const [first, second] = [tab(database, mock), tab(database, mock)];
    mock.fail('reset-after', { fault: 'status:503', retryAfter: '1' });
    const closed = pay(first, 'cart/1').catch((error: { waiting?: string }) => error.waiting);
    const joined = pay(second, 'cart/1');
    await expect.poll(() => mock.ledger()[0]?.hits).toBe(2);
    await first.close({ timeout: 0 });
    expect(await closed).toBe('interrupted');
    expect(await joined).toBe('{"charge":1}');
    expect(mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
    await second.close();
  });
});
