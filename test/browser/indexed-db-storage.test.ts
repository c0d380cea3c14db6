import { describe, expect, test } from 'vitest';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { openKey } from '../../src/journal/indexed-db/record-keys.ts';
import { samples, succeeded, utf8 } from '../../src/testing/journal-contract/sample-record.ts';
import { patch } from './support/patch.ts';
import { freshName, rawGet, rawOpen, rawPut, rawRecords } from './support/raw-database.ts';

describe('what the database holds', () => {
  test('one value per operation: behind all others while it is open, else under its identity', async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const make = samples();
    const record = make.operation('cart/1');
    await journal.claim(record);
    await journal.claim(make.key('key/shop/live/k', record.identity));
    expect(await rawGet(name, record.identity)).toEqual({ record });
    const keys = () => rawRecords(name, 'readonly', (records) => records.getAllKeys());
    const open = ['key/shop/live/k', openKey(record.identity)];
    const ended = ['key/shop/live/k', record.identity];
    expect(await keys()).toEqual(open);
    await journal.update(record.identity, make.change(1, succeeded(utf8('{}'))));
    expect(await keys()).toEqual(open);
    await journal.update(record.identity, make.change(2, { ...succeeded(utf8('{}')), acknowledgedAt: 1 }));
    expect(await keys()).toEqual(ended);
    await journal.update(record.identity, { ...make.change(3), round: record.fixed });
    expect(await keys()).toEqual(open);
    await journal.remove(record.identity, 4);
    expect(await keys()).toEqual(['key/shop/live/k']);
    await journal.close();
  });

  test('a start reads the open records, and nothing else', async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const make = samples();
    const finish = async (index: number) => {
      const record = make.operation(`done/${index}`);
      await journal.claim(record);
      await journal.update(record.identity, make.change(1, { ...succeeded(), acknowledgedAt: 1 }));
    };
    await Promise.all(Array.from({ length: 300 }, (_, index) => finish(index)));
    for (let index = 0; index < 5; index++) await journal.claim(make.operation(`open/${index}`));
    expect(await rawRecords(name, 'readonly', (records) => records.count())).toBe(305);
    const read: unknown[] = [];
    const getAll = IDBObjectStore.prototype.getAll;
    patch(IDBObjectStore.prototype, 'getAll', {
      value(this: IDBObjectStore, ...args: Parameters<typeof getAll>) {
        const request: IDBRequest<unknown[]> = getAll.apply(this, args);
        request.addEventListener('success', () => read.push(...request.result));
        return request;
      },
    });
    expect((await journal.list('shop/alice/', { open: true })).records.length).toBe(5);
    expect((await journal.list('shop/bob/', { open: true })).records).toEqual([]);
    expect(read).toHaveLength(5);
    expect((await journal.list('shop/alice/')).records.length).toBe(305);
    await journal.close();
  });

  test('a small view of a large buffer is stored small', async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const body = new Uint8Array(1 << 20).fill(7).subarray(100, 110);
    const record = samples().operation('cart/1', {
      request: { method: 'POST', url: 'https://api.example/', headers: [], body },
    });
    await journal.claim(record);
    const stored = (await rawGet(name, record.identity)) as { readonly record: typeof record };
    expect(stored.record.fixed.request.body?.buffer.byteLength).toBe(10);
    await journal.close();
  });

  test('claims, finishes and removes are strict; only what says relaxed is relaxed', async () => {
    const seen: string[] = [];
    const transaction = IDBDatabase.prototype.transaction;
    patch(IDBDatabase.prototype, 'transaction', {
      value(this: IDBDatabase, ...args: Parameters<typeof transaction>) {
        const opened = transaction.apply(this, args);
        if (opened.mode === 'readwrite') seen.push(opened.durability);
        return opened;
      },
    });
    const journal = indexedDBJournal(freshName());
    const make = samples();
    const record = make.operation('cart/1');
    await journal.claim(record);
    await journal.update(record.identity, make.change(1));
    await journal.update(record.identity, make.change(2), { relaxed: true });
    await Promise.all([
      journal.update(record.identity, make.change(3), { relaxed: true }),
      journal.claim(make.operation('cart/2')),
    ]);
    await journal.remove(record.identity, 4);
    expect(seen).toEqual(['strict', 'strict', 'relaxed', 'strict', 'strict']);
    await journal.close();
  });
});

describe('a record that cannot be used', () => {
  const record = samples().operation('cart/1');
  const rows: [what: string, spoiled: unknown, reason: 'corrupt' | 'newer-version'][] = [
    ['null', null, 'corrupt'],
    ['a text', 'cart', 'corrupt'],
    ['without a record', {}, 'corrupt'],
    ['without a key', { record: { ...record, fixed: { ...record.fixed, key: undefined } } }, 'corrupt'],
    ['of another name', { record: { ...record, identity: 'shop/alice/cart%2F2' } }, 'corrupt'],
    ['of a newer version', { record: { ...record, version: 2 } }, 'newer-version'],
  ];

  test.each(rows)('%s: every call throws, list reports it, and it is left as it is', async (_, spoiled, reason) => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const make = samples();
    await journal.claim(make.operation('cart/10'));
    await rawPut(name, record.identity, spoiled);
    const calls = [
      journal.get(record.identity),
      journal.claim(make.operation('cart/1')),
      journal.update(record.identity, make.change(1)),
      journal.remove(record.identity, 1),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_ONCEWARD_JOURNAL', reason } });
    }
    const { records, unreadable } = await journal.list('shop/alice/');
    expect(unreadable).toEqual([{ identity: record.identity, reason }]);
    expect(records.map((other) => other.identity)).toEqual(['shop/alice/cart%2F10']);
    expect(await rawGet(name, record.identity)).toEqual(spoiled);
    await journal.close();
  });
});

test('another program’s database of that name is refused and left as it is', async () => {
  const name = freshName();
  (await rawOpen(name)).close();
  await expect(indexedDBJournal(name).open()).rejects.toMatchObject({ reason: 'unavailable' });
  const database = await rawOpen(name);
  expect([...database.objectStoreNames]).not.toContain(RECORDS);
  database.close();
});
