import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/index.node.ts';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome } from './support/world.ts';

const LATER = { effect: false, answer: { status: 503, headers: { 'retry-after': '30' } } } as const;

/** A page in which people log in and out. Its `authorize` sends whoever is signed in, as a page does that knows no better. */
async function page(kind: (typeof JOURNALS)[number]) {
  // One API key per customer: the same key of two customers is two charges.
  const world = await makeWorld(kind, { scope: ({ headers }) => headers['authorization'] ?? 'nobody' });
  const session: { user: string | undefined } = { user: 'alice' };
  const options: Partial<ClientOptions> = {
    owner: () => session.user,
    authorize: () => ({ authorization: `Bearer ${session.user}` }),
  };
  const tokens = () => world.server.arrivals.map(({ headers }) => headers['authorization']);
  return { world, session, options, tokens };
}

describe.each(JOURNALS)('%s', (kind) => {
  test("B7: A's payment waits while B logs in: it is never sent with B's token, and goes on when A is back", async () => {
    const { world, session, options, tokens } = await page(kind);
    world.server.script({ answer: 'reset' }, LATER);
    const client = world.client(options);
    const call = told(charge(client, 'cart/1', 5));
    await expect.poll(() => world.server.arrivals.length).toBe(2);
    session.user = 'bob';
    expect(await inTime(world, call)).toBe('StillPendingError STILL_PENDING possible other-owner');
    // B's cart of that name is B's.
    expect(await client.operations.list()).toEqual([]);
    expect(await told(charge(client, 'cart/1', 7))).toBe('201 {"charge":2}');
    session.user = 'alice';
    await client.operations.wake('cart/1');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done replay');
    expect(tokens()).toEqual(['Bearer alice', 'Bearer alice', 'Bearer bob', 'Bearer alice']);
    const [first, second, other, third] = world.server.keys();
    expect([second, third]).toEqual([first, first]);
    expect(other).not.toBe(first);
    expect(world.server.charges.map(({ scope, body }) => [scope, body])).toEqual([
      ['Bearer alice', '{"amount":5}'],
      ['Bearer bob', '{"amount":7}'],
    ]);
  });

  test('B7: the token is refreshed, and meanwhile another one has signed in: nothing is sent', async () => {
    const { world, session, options } = await page(kind);
    const asked = Promise.withResolvers<void>();
    const refreshed = Promise.withResolvers<void>();
    const authorize = async () => {
      asked.resolve();
      await refreshed.promise;
      return { authorization: `Bearer ${session.user}` };
    };
    const run = world.run({ ...options, authorize });
    const call = told(charge(run.client, 'cart/1', 5));
    await asked.promise;
    session.user = 'bob';
    refreshed.resolve();
    expect(await call).toBe('StillPendingError STILL_PENDING none other-owner');
    expect(world.server.arrivals).toEqual([]);
    // Told `none` because it is so in the journal: the next process may end it without a word.
    run.kill();
    session.user = 'alice';
    const next = world.client(options);
    expect(await next.operations.get('cart/1')).toMatchObject({ effect: 'none', status: 'pending' });
    await next.operations.discard('cart/1');
    expect(world.server.arrivals).toEqual([]);
  });

  test('B7: nobody signed in is nobody: refused, before anything is stored', async () => {
    const { world, session, options } = await page(kind);
    session.user = undefined;
    const client = world.client(options);
    expect(await told(charge(client, 'cart/1', 5))).toBe('UsageError NO_OWNER none');
    for (const user of ['alice', 'undefined']) {
      session.user = user;
      expect(await client.operations.list()).toEqual([]);
    }
    expect(world.server.arrivals).toEqual([]);
  });

  test("B7: a guest's payment goes on under the guest's id after the login: one charge", async () => {
    const { world, session } = await page(kind);
    const options: Partial<ClientOptions> = { owner: () => session.user };
    session.user = 'guest-7';
    world.server.script({ answer: 'reset' }, LATER);
    const shop = world.run(options);
    void told(charge(shop.client, 'cart/1', 5));
    await expect.poll(() => world.server.arrivals.length).toBe(2);
    shop.kill();
    session.user = 'alice';
    const client = world.client(options);
    await client.operations.resume();
    const asGuest = client.extend({ owner: 'guest-7' });
    const [pending] = await asGuest.operations.resume();
    expect(pending).toMatchObject({ id: 'cart/1', owner: 'guest-7' });
    const call = told(charge(asGuest, 'cart/1', 5));
    expect(await inTime(world, call)).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });
});
