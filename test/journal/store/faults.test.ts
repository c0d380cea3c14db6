import { describe, expect, test } from 'vitest';
import { JournalError } from '../../../src/core/errors/journal-error.ts';
import type { Journal } from '../../../src/core/journal.ts';
import type { ConditionalStore } from '../../../src/journal/conditional-store.ts';
import { storeJournal } from '../../../src/journal/store-journal.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { type MapStore, mapStore } from '../../support/map-store.ts';

const SECRET = 'key-000001';

let later = 0;
/** A compare-and-set that no record of these tests was written by. */
const change = (revision: number) => ({ ...samples().change(revision), write: `later-${++later}` });

const calls: [name: string, call: (journal: Journal, identity: string) => Promise<unknown>][] = [
  ['claim', (journal) => journal.claim(samples().operation('cart/1'))],
  ['update', (journal, identity) => journal.update(identity, change(1))],
  ['get', (journal, identity) => journal.get(identity)],
  ['remove', (journal, identity) => journal.remove(identity, 1)],
  ['list', (journal) => journal.list('shop/')],
  ['open', (journal) => journal.open()],
];

/** A store with one claimed record, and a switch for each of its methods. */
async function claimed(): Promise<{ store: MapStore; broken: MapStore; journal: Journal; identity: string }> {
  const store = mapStore();
  const record = samples().operation('cart/1');
  await storeJournal(store).claim(record);
  const broken = { ...store };
  return { store, broken, journal: storeJournal(broken), identity: record.identity };
}

async function failure(promise: Promise<unknown>): Promise<JournalError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JournalError);
  return error as JournalError;
}

describe('a store that fails', () => {
  const methods = ['read', 'write', 'remove', 'list'] as const;
  const uses: Record<string, readonly (typeof methods)[number][]> = {
    claim: ['write', 'read'],
    update: ['read', 'write'],
    get: ['read'],
    remove: ['read', 'remove'],
    list: ['list', 'read'],
    open: ['read'],
  };
  const rows = calls.flatMap(([name, call]) => (uses[name] ?? []).map((method) => ({ name, call, method })));

  test.each(rows)(
    '$name: a $method that rejects is JournalError unavailable, effect none',
    async ({ call, method }) => {
      const { broken, journal, identity, store } = await claimed();
      const before = new Map(store.values);
      const cause = new Error(`ECONNRESET while writing ${SECRET}`);
      Object.assign(broken, { [method]: () => Promise.reject(cause) });
      const error = await failure(call(journal, identity));
      expect(error).toMatchObject({ code: 'ERR_ONCEWARD_JOURNAL', reason: 'unavailable', effect: 'none', cause });
      expect(error.message).not.toContain(SECRET);
      expect(store.values).toEqual(before);
    },
  );

  test('a method that throws instead of rejecting is the same', async () => {
    const { broken, journal, identity } = await claimed();
    Object.assign(broken, {
      read() {
        throw new TypeError('no connection');
      },
    });
    expect(await failure(journal.get(identity))).toMatchObject({ reason: 'unavailable' });
  });

  test("a store's own JournalError passes through", async () => {
    const { broken, journal, identity } = await claimed();
    const quota = new JournalError('quota', 'The table is full.');
    Object.assign(broken, { read: () => Promise.reject(quota) });
    expect(await failure(journal.get(identity))).toBe(quota);
  });

  test('a failed call is not remembered', async () => {
    const { broken, journal, identity, store } = await claimed();
    Object.assign(broken, { read: () => Promise.reject(new Error('down')) });
    await failure(journal.open());
    Object.assign(broken, { read: store.read });
    await expect(journal.open()).resolves.toBeUndefined();
    expect(await journal.get(identity)).toBeDefined();
  });
});

describe('a store that breaks its contract', () => {
  test.each([undefined, null, true, 7])('a conditional write that answers %s is refused', async (answer) => {
    const store = { ...mapStore(), write: async () => answer } as unknown as ConditionalStore;
    const error = await failure(storeJournal(store).claim(samples().operation('cart/1')));
    expect(error).toMatchObject({ reason: 'unavailable', effect: 'none' });
  });

  test('reads that lag behind the writes end in an error, not in a loop', async () => {
    const { broken, journal, identity, store } = await claimed();
    const stale = store.values.get(identity);
    await journal.update(identity, change(1));
    Object.assign(broken, { read: async () => stale });
    expect((await failure(journal.update(identity, change(1)))).message).toContain('consistent reads');
    expect((await failure(journal.remove(identity, 1))).message).toContain('consistent reads');
    Object.assign(broken, { read: async () => undefined });
    expect((await failure(journal.claim(samples().operation('cart/1')))).message).toContain('consistent reads');
  });

  test('null for "not there" is taken as not there', async () => {
    const store = { ...mapStore(), read: async () => null } as unknown as ConditionalStore;
    expect(await storeJournal(store).get('shop/alice/cart')).toBeUndefined();
  });

  test('a list that matches too much, as LIKE does, is filtered', async () => {
    const { broken, journal, store } = await claimed();
    await journal.claim(samples().operation('cart/1', {}, 'bob'));
    Object.assign(broken, { list: async () => [...store.values.keys()] });
    expect((await journal.list('shop/bob/')).records.map((record) => record.identity)).toEqual(['shop/bob/cart%2F1']);
  });
});

describe('a write whose answer was lost', () => {
  test('a claim run again says created, an update run again has won', async () => {
    const { broken, journal, store, identity } = await claimed();
    const forgetful: ConditionalStore['write'] = async (...write) => {
      await store.write(...write);
      throw new Error('socket hang up');
    };
    Object.assign(broken, { write: forgetful });
    const offered = samples().operation('cart/2');
    await failure(journal.claim(offered));
    const update = change(1);
    await failure(journal.update(identity, update));
    Object.assign(broken, { write: store.write });
    expect(await journal.claim(offered)).toMatchObject({ created: true });
    expect(await journal.update(identity, update)).toMatchObject({ won: true, record: { revision: 2 } });
  });
});

describe('a record that cannot be used', () => {
  const rows: [what: string, spoil: (text: string) => string, reason: 'corrupt' | 'newer-version'][] = [
    ['cut short', (text) => text.slice(0, -10), 'corrupt'],
    ['empty', () => '', 'corrupt'],
    ['null', () => 'null', 'corrupt'],
    ['of another name', (text) => text.replace('cart%2F1', 'cart%2F2'), 'corrupt'],
    ['with a key that no header can carry', (text) => text.replace(SECRET, 'a b'), 'corrupt'],
    ['of a newer version', (text) => text.replace('"version":1', '"version":2'), 'newer-version'],
  ];

  test.each(rows)('%s: every call throws, nothing is written, list reports it', async (_, spoil, reason) => {
    const { store, journal, identity } = await claimed();
    await journal.claim(samples().operation('cart/10'));
    const found = store.values.get(identity);
    const spoiled = { value: spoil(found?.value ?? ''), version: 'v9' };
    store.values.set(identity, spoiled);
    for (const [name, call] of calls.filter(([name]) => name !== 'list' && name !== 'open')) {
      const error = await failure(call(journal, identity));
      expect(error, name).toMatchObject({ reason, effect: 'none' });
      expect(error.message).not.toContain(SECRET);
    }
    expect(store.values.get(identity)).toEqual(spoiled);
    const { records, unreadable } = await journal.list('shop/', { open: true });
    expect(unreadable).toEqual([{ identity, reason }]);
    expect(records.map((record) => record.identity)).toEqual(['shop/alice/cart%2F10']);
  });

  test('a record that could not be read back is not written', async () => {
    const store = mapStore();
    const record = samples().operation('cart/1', { key: 'not "a" key' });
    expect(await failure(storeJournal(store).claim(record))).toMatchObject({ reason: 'corrupt' });
    expect(store.values.size).toBe(0);
  });
});

test('keys of the store are identities, its durability is the journal’s', async () => {
  const { store, identity } = await claimed();
  expect([...store.values.keys()]).toEqual([identity]);
  expect(storeJournal(store)).toMatchObject({ kind: 'store', durability: 'commit' });
});
