import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/index.node.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';
import { charge, JOURNALS, makeWorld, told } from './support/world.ts';

const PROFILE = ietf({ keyLifetime: '24h' });

/** Two APIs of one shop, told apart by nothing but what a newcomer writes. */
const PAIRS: Readonly<Record<string, (url: string) => readonly [Partial<ClientOptions>, Partial<ClientOptions>]>> = {
  'by their address': (url) => [{ baseUrl: `${url}/v1/stripe/` }, { baseUrl: `${url}/v1/paypal/` }],
  'by their profile': (url) => [
    { baseUrl: `${url}/v1/`, profile: PROFILE },
    { baseUrl: `${url}/v1/`, profile: stripeV1 },
  ],
  'by a name': (url) => [
    { baseUrl: `${url}/v1/`, name: 'live' },
    { baseUrl: `${url}/v1/`, name: 'test' },
  ],
};

describe.each(JOURNALS)('%s', (kind) => {
  test.each(Object.entries(PAIRS))(
    'M14: two APIs told apart %s share a journal: the same name is two operations',
    async (_, pair) => {
      const world = await makeWorld(kind);
      const [one, other] = pair(world.server.url).map((options) =>
        // No name: what the client makes of the address and the profile.
        world.client({ profile: PROFILE, name: undefined as never, ...options }),
      );
      if (!one || !other) throw new Error('two clients');
      const pay = (client: typeof one, amount: number) =>
        told(client.post('charges', { once: 'cart/1', json: { amount } }));
      // The same request, and another one: neither joined nor refused.
      expect(await pay(one, 5)).toBe('201 {"charge":1}');
      expect(await pay(other, 6)).toBe('201 {"charge":2}');
      expect(await pay(one, 5)).toBe('201 {"charge":1}');
      expect(await pay(other, 6)).toBe('201 {"charge":2}');
      expect(await one.operations.list()).toHaveLength(1);
      expect(new Set(world.server.keys()).size).toBe(2);
      expect(world.server.charges.map(({ body }) => body)).toEqual(['{"amount":5}', '{"amount":6}']);
    },
  );

  test('M14: under one name they are one: the same call joins, another one is refused', async () => {
    const world = await makeWorld(kind);
    const [a, b] = [world.client({ name: 'shop' }), world.client({ name: 'shop' })];
    expect(await told(charge(a, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(await told(charge(b, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(await told(charge(b, 'cart/1', 6))).toBe('OperationConflictError CONFLICT done');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M14: names, owners and ids cannot be written so that they meet', async () => {
    const world = await makeWorld(kind);
    const triples = [
      ['a', 'b/c', 'd'],
      ['a/b', 'c', 'd'],
      ['a', 'b', 'c/d'],
      ['a', 'b%2Fc', 'd'],
      ['a%2Fb', 'c', 'd'],
    ] as const;
    for (const [name, owner, id] of triples) await told(charge(world.client({ name, owner }), id, 5));
    expect(world.server.charges).toHaveLength(triples.length);
    expect(new Set(world.server.keys()).size).toBe(triples.length);
  });
});
