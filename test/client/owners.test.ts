import { describe, expect, test } from 'vitest';
import type { Client, ClientOptions } from '../../src/index.node.ts';
import { MEDIA } from '../support/client-media.ts';
import { nodeWith } from '../support/client-node.ts';
import {
  charge,
  makeWorld as makeWorldOf,
  told,
  toldError,
  toldOutcome,
  toldRecord,
  until,
} from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const TWO = '201 {"charged":{"amount":2}}';
const refused = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', toldError);
const ids = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id);

/** Names that could be taken for each other where they are joined to something longer. */
const PAIRS = [
  ['alice', 'bob'],
  ['alice', 'alice2'],
  ['a', 'a/b'],
  ['a%2Fb', 'a/b'],
  ['user', 'user/cart'],
  ['', 'x'],
].filter(([one]) => one !== '') as [string, string][];

describe.each(Object.entries(MEDIA))('two owners on one journal: %s', (_kind, makeMedium) => {
  test.each(PAIRS)('%j and %j never see or change what the other has', async (alice, bob) => {
    const world = await makeWorldOf(nodeWith(makeMedium));
    try {
      const one = world.client({ owner: alice });
      const two = one.extend({ owner: bob });
      expect(await told(charge(one, 'cart/1', 1))).toBe(ONE);
      // The same name of another owner is another operation, whatever its bytes.
      expect(await refused(two.operations.outcome('cart/1'))).toBe('UsageError UNKNOWN_ID none');
      expect(await told(charge(two, 'cart/1', 2))).toBe(TWO);
      world.mock.fail('status:501', { fault: 'status:503', retryAfter: '3600' });
      await told(charge(one, 'doubt/1', 1));
      await told(charge(one, 'later/1', 1));
      const sent = world.requests();

      expect(ids(await two.operations.list())).toEqual(['cart/1']);
      expect(await two.operations.get('doubt/1')).toBeUndefined();
      expect(ids(await two.operations.resume())).toEqual([]);
      expect(ids(await two.operations.resume({ status: 'in-doubt' }))).toEqual([]);
      for (const id of ['doubt/1', 'later/1']) {
        const asked = [
          two.operations.outcome(id),
          two.operations.wake(id),
          two.operations.acknowledge(id),
          two.operations.discard(id, { evenIfPossiblySent: true }),
          two.operations.resolve(id, { effect: 'done' }),
          two.operations.forget(id),
        ];
        expect(await Promise.all(asked.map(refused))).toEqual(asked.map(() => 'UsageError UNKNOWN_ID none'));
      }
      await two.operations.wake();
      await two.operations.forget('cart/1');
      expect(toldRecord(await world.record('cart/1', bob))).toBe('absent');

      const left = await Promise.all(['cart/1', 'doubt/1', 'later/1'].map((id) => world.record(id, alice)));
      expect(left.map(toldRecord)).toEqual(['succeeded 1 done', 'in-doubt 1 possible', 'dispatched 1 possible']);
      expect(ids(await one.operations.list())).toEqual(['cart/1', 'doubt/1', 'later/1']);
      expect((await one.operations.list()).every(({ owner }) => owner === alice)).toBe(true);
      expect(world.requests()).toBe(sent);
    } finally {
      await world.close();
    }
  });
});

describe('a session that changes while an operation waits', () => {
  /** Whoever is signed in, and every request with its credentials. */
  async function session(options: Partial<ClientOptions> = {}) {
    const who: { is: string | undefined } = { is: 'alice' };
    const asked: string[] = [];
    const sent: (string | null)[] = [];
    const world = await makeWorld({ tenant: () => 'shop' });
    const client = world.client({
      owner: () => who.is,
      authorize: ({ operation }) => {
        asked.push(operation.owner);
        return { authorization: `Bearer of ${who.is}` };
      },
      wrapFetch: (send) => (input, init) => {
        sent.push(new Headers((input as Request).headers).get('authorization'));
        return send(input, init);
      },
      ...options,
    });
    return { who, asked, sent, world, client };
  }

  test.each([
    ['somebody else', 'bob'],
    ['nobody', undefined],
  ])(
    '%s in the wait between two attempts: parked, nothing sent with their credentials; goes on for its owner',
    async (_, next) => {
      const { who, asked, sent, world, client } = await session();
      world.mock.fail({ fault: 'status:503', retryAfter: '1' });
      const call = told(charge(client, 'cart/1', 1));
      await until(() => sent.length === 1, 'sent');
      who.is = next;
      expect(await call).toBe('StillPendingError STILL_PENDING possible other-owner');
      expect([sent, asked]).toEqual([['Bearer of alice'], ['alice']]);
      if (next) {
        expect(ids(await client.operations.resume())).toEqual([]);
        await client.operations.wake();
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(sent).toHaveLength(1);
      who.is = 'alice';
      await client.operations.resume();
      expect(await toldOutcome(client.operations.outcome('cart/1'))).toMatch(/^succeeded done/);
      expect(sent).toEqual(['Bearer of alice', 'Bearer of alice']);
      expect(world.mock.ledger()).toMatchObject([{ effects: 1 }]);
    },
  );

  test('in the middle of authorize: nothing is sent', async () => {
    const { who, sent, client, world } = await session({
      authorize: async () => {
        await Promise.resolve();
        who.is = 'bob';
        return { authorization: `Bearer of ${who.is}` };
      },
    });
    expect(await told(charge(client, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING none other-owner');
    expect(sent).toEqual([]);
    expect(toldRecord(await world.record('cart/1'))).toBe('claimed 1 none');
  });

  test('between authorize and the first byte: the gate refuses', async () => {
    const { who, sent, client, world } = await session();
    let asked = 0;
    // The owner is asked before, after, and by the gate.
    const gated = client.extend({ owner: () => (++asked < 4 ? 'alice' : 'bob') });
    expect(await told(charge(gated, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING none other-owner');
    expect([asked >= 4, sent.length, who.is]).toEqual([true, 0, 'alice']);
    expect(toldRecord(await world.record('cart/1'))).toBe('claimed 1 none');
  });

  test("a guest's cart goes on under the guest's id after the login", async () => {
    const { who, world, client } = await session();
    who.is = 'guest-7';
    world.mock.fail({ fault: 'status:503', retryAfter: '1' });
    const call = told(charge(client, 'cart/1', 1));
    await until(() => world.requests() === 1, 'sent');
    who.is = 'alice';
    expect(await call).toBe('StillPendingError STILL_PENDING possible other-owner');
    const guest = client.extend({ owner: 'guest-7' });
    expect(await told(charge(guest, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toMatchObject([{ effects: 1 }]);
    expect(ids(await client.operations.list())).toEqual([]);
  });

  test('an owner that is a promise is asked before and after authorize', async () => {
    const { who, sent, client, asked } = await session();
    const slow = client.extend({ owner: async () => who.is });
    expect(await told(charge(slow, 'cart/1', 1))).toBe(ONE);
    expect([sent, asked]).toEqual([['Bearer of alice'], ['alice']]);
  });
});

describe('scope', () => {
  test('another one parks, and nothing is sent; the right one goes on with the same key', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    world.mock.fail({ fault: 'status:503', retryAfter: '61' });
    const live = world.client({ scope: 'acct_1/live', clock });
    await told(charge(live, 'cart/1', 1, { waitTimeout: 200 }));
    const test2 = await world.restart(live, { scope: 'acct_1/test', clock });
    await clock.advance('62s');
    await test2.operations.resume();
    expect(await toldOutcome(test2.operations.outcome('cart/1'))).toBe('pending possible other-scope');
    expect(world.requests()).toBe(1);
    const again = await world.restart(test2, { scope: 'acct_1/live', clock });
    await again.operations.resume();
    expect(await toldOutcome(again.operations.outcome('cart/1'))).toBe('succeeded done network');
    expect(world.mock.ledger()).toMatchObject([{ effects: 1 }]);
  });

  test('of a client extended with another one: the same', async () => {
    const world = await makeWorld();
    let good = false;
    const live = world.client({
      scope: 'live',
      retry: { maxDelay: '1m' },
      authorize: () => {
        if (!good) throw new Error('no token');
        return {};
      },
    });
    await told(charge(live, 'cart/1', 1));
    good = true;
    expect(await told(charge(live.extend({ scope: 'test' }), 'cart/1', 1))).toBe(
      'StillPendingError STILL_PENDING none other-scope',
    );
    expect(world.requests()).toBe(0);
    expect(await told(charge(live, 'cart/1', 1))).toBe(ONE);
  });
});

describe('names of clients', () => {
  const META = { cart: 8 };

  test('two names on one journal do not meet', async () => {
    const world = await makeWorld();
    const [shop, books] = [world.client({ name: 'shop' }), world.client({ name: 'books' })];
    expect([await told(charge(shop, 'cart/1', 1)), await told(charge(books, 'cart/1', 2))]).toEqual([ONE, TWO]);
    await books.operations.forget('cart/1');
    expect(ids(await shop.operations.list())).toEqual(['cart/1']);
    expect(ids(await books.operations.list())).toEqual([]);
    expect(new Set(world.mock.ledger().map(({ key }) => key)).size).toBe(2);
  });

  test('without one, the address and the profile name the client', async () => {
    const world = await makeWorld();
    const named = (options: Partial<ClientOptions>): Client => {
      const { name: _, ...rest } = { name: undefined, ...options };
      return world.client({ ...rest, name: undefined as unknown as string });
    };
    const [one, same, other] = [named({}), named({}), named({ baseUrl: 'http://127.0.0.1:1/v1/' })];
    await told(charge(one, 'cart/1', 1, { meta: META }));
    expect((await same.operations.get('cart/1'))?.meta).toEqual(META);
    expect(await other.operations.get('cart/1')).toBeUndefined();
  });

  test('list and resume filter by name, prefix, status and number', async () => {
    const world = await makeWorld();
    const client = world.client();
    for (const id of [
      ['cart', 'a/b'],
      ['cart', '2'],
      ['carton', '1'],
    ])
      await told(charge(client, id, 1));
    world.mock.fail('status:402');
    await told(charge(client, ['cart', '3'], 1));
    const list = async (filter: Parameters<Client['operations']['list']>[0]) =>
      ids(await client.operations.list(filter));
    expect(await list({ prefix: ['cart'] })).toEqual(['cart/a%2Fb', 'cart/2', 'cart/3']);
    expect(await list({ id: ['cart', 'a/b'] })).toEqual(['cart/a%2Fb']);
    expect(await list({ prefix: 'cart' })).toHaveLength(4);
    expect(await list({ status: 'rejected' })).toEqual(['cart/3']);
    expect(await list({ status: ['rejected', 'succeeded'], limit: 2 })).toEqual(['cart/a%2Fb', 'cart/2']);
    expect(await list({ status: 'pending' })).toEqual([]);
  });

  test('an operation is plain frozen data, without body, header or whole key', async () => {
    const world = await makeWorld();
    const client = world.client();
    const call = client.post('/charges', {
      once: 'cart/1',
      json: { secret: 'body-7' },
      headers: { 'accept-language': 'x-8' },
      searchParams: { q: 'query-9' },
      meta: META,
    });
    await call;
    const operation = await client.operations.get('cart/1');
    const text = JSON.stringify(operation);
    expect(structuredClone(operation)).toEqual(operation);
    expect(JSON.parse(text)).toEqual(operation);
    expect(Object.isFrozen(operation)).toBe(true);
    for (const secret of ['body-7', 'x-8', 'query-9', world.mock.ledger()[0]?.key]) expect(text).not.toContain(secret);
    expect(operation).toMatchObject({
      keyHint: world.mock.ledger()[0]?.key.slice(0, 8),
      url: expect.stringMatching(/\/charges$/),
      meta: META,
    });
  });
});
