import { describe, expect, test } from 'vitest';
import { JournalError } from '../../src/core/errors/journal-error.ts';
import { createClient } from '../../src/index.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { ietf } from '../../src/profiles/index.ts';
import { samples } from '../../src/testing/journal-contract/sample-record.ts';
import { expectAllReject } from './support/expect-all-reject.ts';
import { patch } from './support/patch.ts';
import { deleteDatabase, freshName, rawOpen } from './support/raw-database.ts';

const transaction = IDBDatabase.prototype.transaction;

function patchTransaction(replace: (database: IDBDatabase, args: Parameters<typeof transaction>) => IDBTransaction) {
  patch(IDBDatabase.prototype, 'transaction', {
    value(this: IDBDatabase, ...args: Parameters<typeof transaction>) {
      return replace(this, args);
    },
  });
}

/** `before` each add: what a claim of a new name does. */
function patchAdd(before: (store: IDBObjectStore, name: string) => void) {
  const add = IDBObjectStore.prototype.add;
  patch(IDBObjectStore.prototype, 'add', {
    value(this: IDBObjectStore, ...args: Parameters<typeof add>) {
      before(this, String(args[1]));
      return add.apply(this, args);
    },
  });
}

describe('the database is taken away', () => {
  test('a deletion elsewhere is not blocked, and the next call makes a new one', async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const record = samples().operation('cart/1');
    await journal.claim(record);
    let hints = 0;
    journal.watch(() => {
      hints++;
    });
    await deleteDatabase(name);
    expect(hints).toBe(1);
    expect(await journal.get('shop/alice/other')).toBeUndefined();
    expect((await journal.claim(samples().operation('random', { anonymous: true }))).created).toBe(true);
    await journal.close();
  });

  test('a database of a newer version is refused and left as it is', async () => {
    const name = freshName();
    (await rawOpen(name, 2)).close();
    const journal = indexedDBJournal(name);
    await expect(journal.open()).rejects.toMatchObject({ reason: 'newer-version' });
    await expect(journal.claim(samples().operation('cart/1'))).rejects.toMatchObject({ reason: 'newer-version' });
    const database = await rawOpen(name);
    expect(database.version).toBe(2);
    database.close();
  });

  test.each([
    ['undefined', { value: undefined }],
    ['null, as in old private windows', { value: null }],
    [
      'refusing, as in sandboxed frames',
      {
        value: {
          open() {
            throw new DOMException('denied', 'SecurityError');
          },
        },
      },
    ],
  ])('indexedDB is %s: unavailable at first use, and used once it is there', async (_, member) => {
    const journal = indexedDBJournal(freshName());
    const missing = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB');
    Object.defineProperty(globalThis, 'indexedDB', { configurable: true, ...member });
    const error = await journal.claim(samples().operation('cart/1')).catch((reason: unknown) => reason);
    if (missing === undefined) Reflect.deleteProperty(globalThis, 'indexedDB');
    else Object.defineProperty(globalThis, 'indexedDB', missing);
    expect(error).toBeInstanceOf(JournalError);
    expect(error).toMatchObject({ reason: 'unavailable', effect: 'none' });
    await expect(journal.open()).resolves.toBeUndefined();
    await journal.close();
  });
});

describe('a private window that has an indexedDB and lets nobody use it', () => {
  test.each(['InvalidStateError', 'SecurityError'])(
    '%s from every open: unavailable, with advice, and nothing is sent',
    async (fault) => {
      const newer = freshName();
      (await rawOpen(newer, 2)).close();
      const open = IDBFactory.prototype.open;
      patch(IDBFactory.prototype, 'open', {
        value(this: IDBFactory) {
          const failing = open.call(this, newer, 1);
          Object.defineProperty(failing, 'error', { get: () => new DOMException('private', fault) });
          return failing;
        },
      });
      let sent = 0;
      const client = createClient({
        baseUrl: 'https://api.example',
        profile: ietf({ keyLifetime: '24h' }),
        owner: 'alice',
        journal: indexedDBJournal(freshName()),
        fetch: async () => {
          sent++;
          return new Response('{}', { status: 201, headers: { 'content-type': 'application/json' } });
        },
      });
      const failure = { code: 'ERR_ONCEWARD_JOURNAL', reason: 'unavailable', effect: 'none' };
      await expect(client.post('/charges', { once: 'cart/1', json: {} }).outcome()).rejects.toMatchObject({
        ...failure,
        message: expect.stringMatching(/Private windows.*another journal/) as string,
      });
      await expect(client.ready()).rejects.toMatchObject(failure);
      expect(sent).toBe(0);
      await client.close();
    },
  );
});

describe('one write spoils a shared transaction', () => {
  test('what cannot be cloned fails alone', async () => {
    const journal = indexedDBJournal(freshName());
    const make = samples();
    const bad = make.operation('bad', { meta: { call: (() => {}) as unknown as string } });
    const [failed, ...others] = await Promise.allSettled([
      journal.claim(bad),
      journal.claim(make.operation('cart/1')),
      journal.claim(make.operation('bad')),
    ]);
    expect(failed).toMatchObject({ status: 'rejected', reason: { reason: 'unavailable' } });
    for (const other of others) expect(other).toMatchObject({ status: 'fulfilled', value: { created: true } });
    await journal.close();
  });

  test('one that finds the disk full fails alone, with quota', async () => {
    patchAdd((_, key) => {
      if (key === 'shop/alice/big') throw new DOMException('full', 'QuotaExceededError');
    });
    const journal = indexedDBJournal(freshName());
    const make = samples();
    const names = ['cart/1', 'big', 'cart/2'];
    const results = await Promise.allSettled(names.map((name) => journal.claim(make.operation(name))));
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { created: true } },
      { status: 'rejected', reason: { reason: 'quota', effect: 'none' } },
      { status: 'fulfilled', value: { created: true } },
    ]);
    expect((await journal.list('')).records.length).toBe(2);
    await journal.close();
  });

  test.each(['QuotaExceededError', 'DataError', 'UnknownError'])(
    'one that makes the commit fail (%s) fails alone',
    async (fault) => {
      patchAdd(({ transaction }, key) => {
        if (key !== 'shop/alice/big') return;
        Object.defineProperty(transaction, 'error', { get: () => new DOMException('at the commit', fault) });
        Object.defineProperty(transaction, 'commit', { value: () => transaction.abort() });
      });
      const journal = indexedDBJournal(freshName());
      const make = samples();
      const names = ['cart/1', 'big', 'cart/2'];
      const results = await Promise.allSettled(names.map((name) => journal.claim(make.operation(name))));
      expect(results).toMatchObject([
        { status: 'fulfilled', value: { created: true } },
        { status: 'rejected', reason: { code: 'ERR_ONCEWARD_JOURNAL', effect: 'none' } },
        { status: 'fulfilled', value: { created: true } },
      ]);
      const { records } = await journal.list('');
      expect(records.map(({ identity }) => identity)).toEqual(['shop/alice/cart%2F1', 'shop/alice/cart%2F2']);
      await journal.close();
    },
  );

  test('a write that is refused after a full disk, as in Firefox, is the fault of the connection: all are asked again', async () => {
    let refused = 0;
    patchAdd((store) => {
      if (store.name === RECORDS && refused++ === 0)
        throw new DOMException('did not allow mutations', 'InvalidStateError');
    });
    const journal = indexedDBJournal(freshName());
    const make = samples();
    const claims = await Promise.all(['cart/1', 'cart/2', 'cart/3'].map((name) => journal.claim(make.operation(name))));
    expect(claims.every(({ created }) => created)).toBe(true);
    expect(refused).toBeGreaterThan(3);
    await journal.close();
  });
});

describe('the connection is lost', () => {
  test.each(['InvalidStateError', 'UnknownError', 'AbortError'])(
    '%s once: asked again, as if nothing had been',
    async (fault) => {
      const journal = indexedDBJournal(freshName());
      await journal.open();
      let faults = 0;
      patchTransaction((database, args) => {
        if (args[0] === RECORDS && faults++ === 0) throw new DOMException('lost', fault);
        return transaction.apply(database, args);
      });
      const record = samples().operation('cart/1');
      expect((await journal.claim(record)).created).toBe(true);
      expect(faults).toBe(2);
      await journal.close();
    },
  );

  test('for ever: unavailable after about 1.3 s, for reads and writes', async () => {
    const journal = indexedDBJournal(freshName());
    patchTransaction((database, args) => {
      if (args[0] === RECORDS) throw new DOMException('lost', 'InvalidStateError');
      return transaction.apply(database, args);
    });
    const start = performance.now();
    const calls = [
      journal.claim(samples().operation('cart/1')),
      journal.get('shop/alice/cart%2F1'),
      journal.list(''),
      journal.remove('shop/alice/cart%2F1', 1),
    ];
    await expectAllReject(calls, { reason: 'unavailable', effect: 'none' });
    expect(performance.now() - start).toBeLessThan(9000);
    await journal.close();
  });

  test('after a write that was stored: a claim still says created, an update has won once', async () => {
    const journal = indexedDBJournal(freshName());
    await journal.open();
    let lies = 0;
    const liar = () => {
      lies = 1;
    };
    patchTransaction((database, args) => {
      const opened = transaction.apply(database, args);
      if (args[1] !== 'readwrite' || lies-- <= 0) return opened;
      const listen = opened.addEventListener.bind(opened);
      // Complete, but the caller is told that it was aborted.
      opened.addEventListener = (type: string, listener: unknown) => {
        if (type === 'abort') listen('complete', listener as EventListener);
      };
      return opened;
    });
    const make = samples();
    const record = make.operation('cart/1');
    liar();
    expect((await journal.claim(record)).created).toBe(true);
    liar();
    const update = await journal.update(record.identity, make.change(1));
    expect(update).toMatchObject({ won: true, record: { revision: 2 } });
    expect((await journal.get(record.identity))?.revision).toBe(2);
    await journal.close();
  });
});
