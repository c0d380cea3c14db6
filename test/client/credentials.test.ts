import { describe, expect, test } from 'vitest';
import type { AttemptInfo, ClientOptions } from '../../src/index.node.ts';
import { charge, told, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const PARKED = 'StillPendingError STILL_PENDING none credentials';

/** A server that takes the token it is told to, and a client that has one. */
async function guarded(options: Partial<ClientOptions> = {}) {
  const tokens = { taken: 'good', held: 'good' };
  const asked: AttemptInfo[] = [];
  const world = await makeWorld({ tenant: () => 'shop' });
  const wrapFetch =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const request = new Request(input, init);
      if (request.headers.get('authorization') !== `Bearer ${tokens.taken}`) world.mock.fail('status:401');
      return send(request);
    };
  const authorize = (info: AttemptInfo) => {
    asked.push(info);
    return { authorization: `Bearer ${tokens.held}` };
  };
  const make = () => world.client({ authorize, wrapFetch, ...options });
  return { world, tokens, asked, make };
}

describe('authorize', () => {
  test('is told the operation, the attempt and why it is asked', async () => {
    const { world, asked, make } = await guarded();
    world.mock.fail('status:503');
    expect(await told(charge(make(), 'cart/1', 1))).toBe(ONE);
    expect(asked.map(({ attempt, reason, resumed }) => ({ attempt, reason, resumed }))).toEqual([
      { attempt: 1, reason: 'attempt', resumed: false },
      { attempt: 2, reason: 'attempt', resumed: false },
    ]);
    expect(asked[0]?.operation).toMatchObject({ id: 'cart/1', owner: 'alice', method: 'POST', status: 'pending' });
  });

  test('401: asked once more, at once, and the same key goes out with what it says', async () => {
    const { world, tokens, asked, make } = await guarded();
    tokens.held = 'old';
    const client = make();
    const call = told(charge(client, 'cart/1', 1));
    await until(() => asked.length === 1, 'asked');
    tokens.held = 'good';
    expect(await call).toBe(ONE);
    expect(asked.map(({ reason }) => reason)).toEqual(['attempt', 'unauthorized']);
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  const AGAIN = ['a new call', 'resume', 'wake'] as const;
  describe.each(['this client', 'the next client'] as const)('401 twice parks; with good credentials, by %s', (who) => {
    test.each(AGAIN)('%s tries again with the same key', async (how) => {
      const { world, tokens, make } = await guarded();
      tokens.held = 'old';
      const first = make();
      expect(await told(charge(first, 'cart/1', 1))).toBe(PARKED);
      expect(toldRecord(await world.record('cart/1'))).toBe('claimed 1 none');
      const client = who === 'this client' ? first : await world.restart(first);
      const next = who === 'this client' ? client : make();
      tokens.held = 'good';
      if (how === 'resume') await next.operations.resume();
      if (how === 'wake') await next.operations.wake('cart/1');
      expect(await told(how === 'a new call' ? charge(next, 'cart/1', 1) : charge(next, 'cart/1', 1))).toBe(ONE);
      expect(world.mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
    });
  });

  describe.each(['this client', 'the next client'] as const)(
    'where it throws, it parks; once it works, by %s',
    (who) => {
      test.each(AGAIN)('%s tries again at once', async (how) => {
        let works = false;
        const world = await makeWorld();
        const make = () =>
          world.client({
            authorize: () => {
              if (!works) throw new Error('the token service is down');
              return { authorization: 'Bearer good' };
            },
            retry: { maxDelay: '1m' },
          });
        const first = make();
        expect(await told(charge(first, 'cart/1', 1))).toBe(PARKED);
        if (who === 'the next client') await world.restart(first);
        const next = who === 'this client' ? first : make();
        works = true;
        if (how === 'resume') await next.operations.resume();
        if (how === 'wake') await next.operations.wake('cart/1');
        const outcome =
          how === 'a new call'
            ? charge(next, 'cart/1', 1).outcome()
            : next.operations.outcome('cart/1', { waitTimeout: 2_000 });
        expect(await toldOutcome(outcome)).toBe('succeeded done network');
        expect(world.requests()).toBe(1);
      });
    },
  );

  test('where it is slow for longer than an attempt, it parks, and nothing is sent', async () => {
    const world = await makeWorld();
    const client = world.client({
      authorize: () => new Promise(() => undefined),
      attemptTimeout: 50,
      retry: { maxDelay: '1m' },
    });
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe(PARKED);
    await expect(call).rejects.toMatchObject({
      cause: expect.stringMatching(/longer than attemptTimeout/),
      until: expect.any(Number),
    });
    expect(world.requests()).toBe(0);
  });

  test('where it sets what is no credential, it parks, and nothing is sent', async () => {
    const world = await makeWorld();
    const client = world.client({ authorize: () => ({ 'x-tenant': 'mine' }), retry: { maxDelay: '1m' } });
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe(PARKED);
    await expect(call).rejects.toMatchObject({ cause: expect.stringMatching(/credentials only, and x-tenant/) });
    expect(world.requests()).toBe(0);
  });

  test('what it returns on one attempt is not on the next', async () => {
    const seen: (string | null)[] = [];
    const world = await makeWorld();
    world.mock.fail('status:503');
    const client = world.client({
      authorize: ({ attempt }) => (attempt === 1 ? { 'x-api-key': 'one' } : {}),
      wrapFetch: (send) => (input, init) => {
        seen.push((input as Request).headers.get('x-api-key'));
        return send(input, init);
      },
    });
    await told(charge(client, 'cart/1', 1));
    expect(seen).toEqual(['one', null]);
  });

  test('401 after something was possible stays possible', async () => {
    // By the number of the attempt: a retry may follow at once, before a test could change anything.
    let good = false;
    const { world, make } = await guarded({
      authorize: ({ attempt }) => ({ authorization: attempt === 1 || good ? 'Bearer good' : 'Bearer old' }),
    });
    world.mock.fail('reset-after');
    const client = make();
    expect(await told(charge(client, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING possible credentials');
    good = true;
    expect(await toldOutcome(charge(client, 'cart/1', 1).outcome())).toBe('succeeded done replay');
    expect(world.mock.effects()).toHaveLength(1);
  });
});

describe('an answer that asks for patience', () => {
  test('Retry-After beyond a minute parks, the caller is told at once, and nobody hurries it', async () => {
    const world = await makeWorld();
    world.mock.fail({ fault: 'status:503', retryAfter: '3600' });
    const client = world.client();
    const start = Date.now();
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe('StillPendingError STILL_PENDING possible retry-after');
    expect(Date.now() - start).toBeLessThan(2_000);
    const { until: due } = (await call.catch((error: unknown) => error)) as { until: number };
    expect(due - start).toBeGreaterThanOrEqual(3_600_000);
    expect(due - start).toBeLessThan(3_602_000);
    for (const one of [client, world.client()]) {
      await one.operations.wake('cart/1');
      await one.operations.resume();
      expect(await told(charge(one, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING possible retry-after');
    }
    expect(world.requests()).toBe(1);
  });

  test('429 and 503 with a short Retry-After are waited for, never less', async () => {
    const world = await makeWorld();
    world.mock.fail({ fault: 'status:429', retryAfter: '1' });
    const start = performance.now();
    expect(await told(charge(world.client(), 'cart/1', 1))).toBe(ONE);
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  });
});

describe.each(['this client', 'the next client'] as const)(
  'parked after the last attempt in the foreground, by %s',
  (who) => {
    test('wake tries at once', async () => {
      const world = await makeWorld();
      world.mock.fail('reset-after', 'status:503');
      const options: Partial<ClientOptions> = { retry: { limit: 2, baseDelay: 1, maxDelay: '1m' }, waitTimeout: 2_000 };
      const first = world.client(options);
      expect(await told(charge(first, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING possible backoff');
      const client = who === 'this client' ? first : await world.restart(first, options);
      expect((await client.operations.get('cart/1'))?.nextAttemptAt).toBeGreaterThan(Date.now() + 500_000);
      await client.operations.wake('cart/1');
      expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done replay');
      expect(world.mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
    });
  },
);
