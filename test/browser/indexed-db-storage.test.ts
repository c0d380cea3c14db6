import { describe, expect, test } from 'vitest';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { OPEN_INDEX, RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { samples, succeeded, utf8 } from '../../src/testing/journal-contract/sample-record.ts';
import { patch } from './support/patch.ts';
import { freshName, rawGet, rawOpen, rawRecords } from './support/raw-database.ts';

describe('what the database holds', () => {
  test('one value per operation under its identity, `open` only while it is open', async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const make = samples();
    const record = make.operation('cart/1');
    await journal.claim(record);
    await journal.claim(make.key('key/shop/live/k', record.identity));
    const stored = () => rawGet(name, record.identity);
    expect(await stored()).toEqual({ open: 1, record });
    await journal.update(record.identity, make.change(1, succeeded(utf8('{}'))));
    expect(await stored()).toHaveProperty('open', 1);
    await journal.update(record.identity, make.change(2, { ...succeeded(utf8('{}')), acknowledgedAt: 1 }));
    expect(await stored()).not.toHaveProperty('open');
    expect(await rawRecords(name, 'readonly', (records) => records.getAllKeys())).toEqual([
      'key/shop/live/k',
      record.identity,
    ]);
    await journal.close();
  });

  test('a start reads the open records through the index, and nothing else', async () => {
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
    expect(await rawRecords(name, 'readonly', (records) => records.index(OPEN_INDEX).count())).toBe(5);
    patch(IDBObjectStore.prototype, 'getAll', { value: () => expect.unreachable('read the whole store') });
    expect((await journal.list('shop/alice/', { open: true })).records.length).toBe(5);
    expect((await journal.list('shop/bob/', { open: true })).records).toEqual([]);
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
    ['without a record', { open: 1 }, 'corrupt'],
    ['without a key', { open: 1, record: { ...record, fixed: { ...record.fixed, key: undefined } } }, 'corrupt'],
    ['of another name', { open: 1, record: { ...record, identity: 'shop/alice/cart%2F2' } }, 'corrupt'],
    ['of a newer version', { open: 1, record: { ...record, version: 2 } }, 'newer-version'],
  ];

  test.each(rows)('%s: every call throws, list reports it, and it is left as it is', async (_, spoiled, reason) => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    const make = samples();
    await journal.claim(make.operation('cart/10'));
    await rawRecords(name, 'readwrite', (records) => records.put(spoiled, record.identity));
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
