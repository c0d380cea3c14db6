import { describe, expect, test } from 'vitest';
import type { ClientOptions } from '../../src/index.node.ts';
import { charge, JOURNALS, makeWorld, told, toldOutcome, type World } from './support/world.ts';

const ACCOUNT = 'stripe-account';
const FROZEN: Partial<ClientOptions> = { safeHeaders: [ACCOUNT] };

/** A key belongs to the account it was sent for. */
const makeAccounts = (kind: (typeof JOURNALS)[number]) =>
  makeWorld(kind, { scope: ({ headers }) => headers[ACCOUNT] ?? 'platform' });

/** A charge that was made; its answer is lost, and the process dies in its second attempt. */
async function lost(world: World, options: Partial<ClientOptions>): Promise<void> {
  world.server.script({ answer: 'reset' }, { effect: false, answer: 'silence' });
  const run = world.run(options);
  void told(charge(run.client, 'cart/1', 5));
  await expect.poll(() => world.server.arrivals.length).toBe(2);
  run.kill();
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B8: the merchant switches accounts between two attempts: the second goes where the first went', async () => {
    const world = await makeAccounts(kind);
    await lost(world, { ...FROZEN, headers: { [ACCOUNT]: 'acct_1' } });
    const client = world.client({ ...FROZEN, headers: { [ACCOUNT]: 'acct_2' } });
    await client.operations.resume();
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done replay');
    expect(world.server.arrivals.map(({ headers }) => headers[ACCOUNT])).toEqual(['acct_1', 'acct_1', 'acct_1']);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toMatchObject([{ scope: 'acct_1' }]);
  });

  test('B8: a header is part of the request: the same name with another account is refused, not joined', async () => {
    const world = await makeAccounts(kind);
    const client = world.client({ ...FROZEN, headers: { [ACCOUNT]: 'acct_1' } });
    await told(charge(client, 'cart/1', 5));
    const other = client.extend({ headers: { [ACCOUNT]: 'acct_2' } });
    expect(await told(charge(other, 'cart/1', 5))).toBe('OperationConflictError CONFLICT done');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('B8: authorize sets credentials and nothing else: an account from there is never sent', async () => {
    const world = await makeAccounts(kind);
    const authorize = () => ({ authorization: 'Bearer x', [ACCOUNT]: 'acct_2' });
    const retry = { maxDelay: '1m' } as const;
    const client = world.client({ ...FROZEN, retry, authorize, headers: { [ACCOUNT]: 'acct_1' } });
    const call = charge(client, 'cart/1', 5);
    expect(await told(call)).toBe('StillPendingError STILL_PENDING none credentials');
    await expect(call).rejects.toMatchObject({ cause: expect.stringMatching(/stripe-account is not known as one/) });
    expect(world.server.arrivals).toEqual([]);
  });

  test('B8: credentials among the stored headers are refused before anything is stored', async () => {
    const world = await makeAccounts(kind);
    const client = world.client();
    const headers = { authorization: 'Bearer x' };
    await expect(charge(client, 'cart/1', 5, { headers })).rejects.toThrow(/authorization is a credential.*authorize/);
    expect(await client.operations.list()).toEqual([]);
    expect(world.server.arrivals).toEqual([]);
  });

  test('B8: the API key is another one by now: parked, until it is the first one again', async () => {
    const world = await makeWorld(kind, { scope: ({ headers }) => headers['authorization'] ?? 'nobody' });
    const as = (token: string): Partial<ClientOptions> => ({
      scope: token,
      authorize: () => ({ authorization: `Bearer ${token}` }),
    });
    await lost(world, as('live_1'));
    const rotated = world.client(as('live_2'));
    await rotated.operations.resume();
    expect(await told(charge(rotated, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible other-scope');
    expect(world.server.arrivals).toHaveLength(2);
    const back = await world.restart(rotated, as('live_1'));
    await back.operations.resume();
    expect(await told(charge(back, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toMatchObject([{ scope: 'Bearer live_1' }]);
  });
});
