import { expect, test } from 'vitest';
import type { Client } from '../../../src/core/types.ts';
import { createClient } from '../../../src/index.node.ts';
import type { ConditionalStore } from '../../../src/journal/conditional-store.ts';
import { storeJournal } from '../../../src/journal/store-journal.ts';
import { createMock } from '../../../src/mock/create-mock.ts';
import { ietf } from '../../../src/profiles/ietf.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { mapStore } from '../../support/map-store.ts';

// docs/guides/fleet.md quotes these numbers: to a store on another machine each is one journey there and back.

const mock = createMock();
let calls: string[] = [];

function counting(store: ConditionalStore): ConditionalStore {
  const count = <T>(name: string, call: () => T): T => {
    calls.push(name);
    return call();
  };
  return {
    durability: store.durability,
    read: (key) => count('read', () => store.read(key)),
    write: (...write) => count('write', () => store.write(...write)),
    remove: (key, version) => count('remove', () => store.remove(key, version)),
    list: (...list) => count('list', () => store.list(...list)),
  };
}

function shopOver(store: ConditionalStore): Client {
  return createClient({
    baseUrl: 'https://api.example/',
    profile: ietf({ keyLifetime: '24h' }),
    journal: storeJournal(counting(store)),
    name: 'shop',
    fetch(...request) {
      calls.push('request');
      return mock.fetch(...request);
    },
  });
}

/** What `work` costs, with what is written after the caller has the answer. */
async function expectCalls(work: () => PromiseLike<unknown>, told: readonly string[], after: readonly string[] = []) {
  calls = [];
  await work();
  expect(calls.slice(0, told.length)).toEqual(told);
  await expect.poll(() => calls).toEqual([...told, ...after]);
}

const TELLING = ['read', 'write'];

test('round trips of an operation: one before its request, two before its answer is given, two that nobody waits for', async () => {
  const shop = shopOver(mapStore());
  const pay = (id: string, key?: string) => () =>
    shop.post('charges', { once: ['cart', id], json: {}, ...(key !== undefined && { key }) });
  for (const id of ['1', '2', '3']) await expectCalls(pay(id), ['write', 'request', 'read', 'write'], TELLING);
  await expectCalls(pay('1'), ['write', 'read']);
  // A key of the caller's own: a look at the name, and a claim of the key.
  await expectCalls(pay('4', 'key-of-mine'), ['read', 'write', 'write', 'request', 'read', 'write'], TELLING);
  await shop.close();
});

test('round trips of a start: one list, and one read for each operation that is open, however many are finished', async () => {
  const open = new Set(['shop/default/cart%2Fa', 'shop/default/cart%2Fb']);
  const store = mapStore();
  const indexed: ConditionalStore = {
    ...store,
    list: async (prefix, options) => (await store.list(prefix)).filter((key) => !options?.open || open.has(key)),
  };
  const shop = shopOver(indexed);
  for (let id = 0; id < 50; id++) await shop.post('charges', { once: ['cart', id], json: {} });
  await shop.close();
  const journal = storeJournal(store);
  for (const identity of open) {
    const record = { ...samples().operation('any'), identity, write: identity };
    await journal.claim({ ...record, fixed: { ...record.fixed, owner: 'default', id: identity } });
  }
  const later = shopOver(indexed);
  calls = [];
  expect(await later.operations.resume()).toHaveLength(2);
  expect(calls.slice(0, 3)).toEqual(['list', 'read', 'read']);
  await later.close();
});
