import { describe, expect, test } from 'vitest';
import { toTombstone } from '../../src/core/tombstone.ts';
import type { Client, Verdict } from '../../src/index.node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { slowed } from '../support/client-journals.ts';
import { charge, told, toldError, toldOutcome, toldRecord, until, type World } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const TWO = '201 {"charged":{"amount":2}}';
const refused = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', toldError);
const wrong = (effect: string): string => `OperationStateError WRONG_STATE ${effect}`;

async function inDoubt(world: World, client: Client): Promise<void> {
  world.mock.fail('status:501');
  await told(charge(client, 'cart/1', 1));
}

describe('resolve', () => {
  test('done: succeeded, recovered, with the answer somebody found', async () => {
    const world = await makeWorld();
    const client = world.client();
    await inDoubt(world, client);
    const response = Response.json({ id: 'ch_1' }, { headers: { 'set-cookie': 'a=1', etag: '"x"', 'x-secret': 'y' } });
    const outcome = await client.operations.resolve('cart/1', { effect: 'done', response });
    expect(outcome).toMatchObject({ status: 'succeeded', effect: 'done', source: 'recovered', persisted: true });
    expect(outcome.status === 'succeeded' && outcome.response?.headers).toEqual({
      'content-type': 'application/json',
      etag: '"x"',
    });
    expect(await told(charge(client, 'cart/1', 1))).toBe('200 {"id":"ch_1"}');
    expect(await told(charge(client, 'cart/1', 2))).toBe('OperationConflictError CONFLICT done');
    expect(await response.json()).toEqual({ id: 'ch_1' });
    expect(world.requests()).toBe(1);
  });

  test('done without an answer: the fact alone', async () => {
    const world = await makeWorld();
    const client = world.client();
    await inDoubt(world, client);
    expect(await toldOutcome(client.operations.resolve('cart/1', { effect: 'done' }))).toBe('succeeded done recovered');
    expect(await told(charge(client, 'cart/1', 1))).toBe('AlreadyFinishedError ALREADY_FINISHED done');
    expect(await client.operations.resume()).toEqual([]);
  });

  test('done with an answer of more than 1 MiB: the fact is kept', async () => {
    const world = await makeWorld();
    const client = world.client();
    await inDoubt(world, client);
    const response = new Response('x'.repeat(1024 * 1024 + 1));
    await client.operations.resolve('cart/1', { effect: 'done', response });
    expect((await world.record('cart/1'))?.state.response).toMatchObject({ status: 200 });
    expect((await world.record('cart/1'))?.state.response?.body).toBeUndefined();
  });

  test('none: refused while the last attempt could still arrive, then the name is free, with another key', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    const client = world.client({ clock });
    await inDoubt(world, client);
    expect(await refused(client.operations.resolve('cart/1', { effect: 'none' }))).toBe(wrong('possible'));
    await clock.advance('89s');
    expect(await refused(client.operations.resolve('cart/1', { effect: 'none' }))).toBe(wrong('possible'));
    await clock.advance('2s');
    expect(await toldOutcome(client.operations.resolve('cart/1', { effect: 'none' }))).toBe('discarded none');
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toHaveLength(2);
  });

  test.each(['pending', 'succeeded', 'unknown'] as const)(
    '%s operations are not for anybody to decide',
    async (state) => {
      const world = await makeWorld();
      const client = world.client();
      if (state === 'pending') world.hold();
      if (state !== 'unknown')
        await told(charge(client, 'cart/1', 1, { waitTimeout: state === 'pending' ? 50 : '5s' }));
      const expected = { pending: wrong('possible'), succeeded: wrong('done'), unknown: 'UsageError UNKNOWN_ID none' }[
        state
      ];
      for (const verdict of [{ effect: 'done' }, { effect: 'none' }] as const) {
        expect(await refused(client.operations.resolve('cart/1', verdict))).toBe(expected);
      }
    },
  );

  const VERDICTS: Readonly<Record<string, [verdict: unknown, error: string]>> = {
    'a response that was read already': [{ effect: 'done', response: 'read' }, 'UsageError INVALID_BODY none'],
    'an effect that is neither': [{ effect: 'possible' }, 'UsageError INVALID_OPTION none'],
    'a misspelt effect': [{ effect: 'Done' }, 'UsageError INVALID_OPTION none'],
    'no effect': [{}, 'UsageError INVALID_OPTION none'],
    'no verdict': [undefined, 'UsageError INVALID_OPTION none'],
  };
  test.each(Object.entries(VERDICTS))('%s is refused, and nothing is decided', async (_, [verdict, error]) => {
    const world = await makeWorld();
    const { clock } = world.mock;
    const client = world.client({ clock });
    await inDoubt(world, client);
    await clock.advance('5m');
    const read = Response.json({});
    await read.text();
    const given = JSON.stringify(verdict)?.includes('read') ? { effect: 'done', response: read } : verdict;
    expect(await refused(client.operations.resolve('cart/1', given as Verdict))).toBe(error);
    expect(toldRecord(await world.record('cart/1'))).toBe('in-doubt 1 possible');
  });
});

describe('discard', () => {
  test('of what was possibly sent takes the word for it, and keeps the name', async () => {
    const world = await makeWorld();
    const client = world.client();
    await inDoubt(world, client);
    expect(await refused(client.operations.discard('cart/1'))).toBe(wrong('possible'));
    expect(await refused(client.operations.discard('cart/1', { evenIfPossiblySent: false }))).toBe(wrong('possible'));
    expect(await refused(client.operations.discard('cart/1', { evenIfPossiblySent: true }))).toBe('done');
    expect(await refused(client.operations.discard('cart/1', { evenIfPossiblySent: true }))).toBe(wrong('possible'));
    expect(await told(charge(client, 'cart/1', 2))).toBe('DiscardedError DISCARDED possible');
    expect(await client.operations.resume()).toEqual([]);
    expect(world.requests()).toBe(1);
  });

  test.each([
    ['succeeded', wrong('done')],
    ['rejected', wrong('none')],
  ] as const)('of what has %s is refused', async (state, error) => {
    const world = await makeWorld();
    const client = world.client();
    if (state === 'rejected') world.mock.fail('status:402');
    await told(charge(client, 'cart/1', 1));
    expect(await refused(client.operations.discard('cart/1', { evenIfPossiblySent: true }))).toBe(error);
    expect(await refused(client.operations.discard('cart/2'))).toBe('UsageError UNKNOWN_ID none');
  });

  test.each(['this client', 'another client'] as const)(
    'in the wait between two attempts ends the sending and tells the caller, by %s',
    async (who) => {
      const world = await makeWorld();
      world.mock.fail({ fault: 'status:503', retryAfter: '30' });
      const client = world.client();
      const call = told(charge(client, 'cart/1', 1));
      await until(async () => (await client.operations.get('cart/1'))?.waiting === 'retry-after', 'waiting');
      const by = who === 'this client' ? client : world.client();
      const start = performance.now();
      await by.operations.discard('cart/1', { evenIfPossiblySent: true });
      if (who === 'another client')
        return expect(toldRecord(await world.record('cart/1'))).toBe('discarded 1 possible');
      expect(await call).toBe('DiscardedError DISCARDED possible');
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(world.requests()).toBe(1);
    },
  );

  test('before anything was sent frees the name, and nothing is sent under the old key', async () => {
    const world = await makeWorld();
    let good = false;
    const client = world.client({
      authorize: () => {
        if (!good) throw new Error('no token');
        return {};
      },
      retry: { maxDelay: '1m' },
    });
    await told(charge(client, 'cart/1', 1));
    const old = (await world.record('cart/1'))?.fixed.key;
    await client.operations.discard('cart/1');
    good = true;
    await client.operations.wake();
    await client.idle();
    expect(await told(charge(client, 'cart/1', 2))).toBe(TWO);
    expect(world.mock.ledger().map(({ key }) => key)).not.toContain(old);
  });

  const LATE = [
    ['success', 201, false, 'succeeded done journal', ONE],
    ['refusal that is final by the profile', 402, true, 'rejected none journal', 'HTTPError HTTP none 402'],
    // It proves something only where nothing was possible before, and nobody vouches for that any more.
    ['refusal that is not', 402, false, 'discarded possible', 'DiscardedError DISCARDED possible'],
  ] as const;
  test.each(LATE)('while an attempt is under way: a late %s', async (_, status, storesClientErrors, outcome, gets) => {
    const gate = Promise.withResolvers<void>();
    const world = await makeWorld({
      routes: {
        'POST /charges': async ({ json }) => {
          await gate.promise;
          return Response.json({ charged: json }, { status });
        },
      },
    });
    const client = world.client({ profile: ietf({ keyLifetime: '24h', storesClientErrors }) });
    const call = told(charge(client, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    await client.operations.discard('cart/1', { evenIfPossiblySent: true });
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('discarded possible');
    gate.resolve();
    expect(await call).toBe(gets);
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe(outcome);
  });
});

describe('forget', () => {
  test('frees the name of what has ended, tombstones included', async () => {
    const world = await makeWorld();
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    await client.operations.forget('cart/1');
    expect(toldRecord(await world.record('cart/1'))).toBe('absent');
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    await until(async () => (await world.record('cart/1'))?.state.acknowledgedAt !== undefined, 'acknowledged');
    await world.rewrite('cart/1', toTombstone);
    await client.operations.forget('cart/1');
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toHaveLength(3);
  });

  test('is not for what has not ended', async () => {
    const world = await makeWorld();
    const client = world.client();
    await inDoubt(world, client);
    expect(await refused(client.operations.forget('cart/1'))).toBe(wrong('possible'));
    expect(await refused(client.operations.forget('cart/2'))).toBe('UsageError UNKNOWN_ID none');
    world.hold();
    await told(charge(client, 'cart/3', 1, { waitTimeout: 20 }));
    expect(await refused(client.operations.forget('cart/3'))).toBe(wrong('possible'));
  });

  test('and call again while the old attempt is under way: two operations, and neither gets the other’s answer', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    const first = told(charge(client, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    await client.operations.discard('cart/1', { evenIfPossiblySent: true });
    await client.operations.forget('cart/1');
    const second = told(charge(client, 'cart/1', 2));
    await until(() => world.mock.effects().length === 2, 'the second request arrived');
    world.release();
    expect([await first, await second]).toEqual([ONE, TWO]);
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect((await client.operations.outcome('cart/1')).operation.keyHint).toBe(world.mock.ledger()[1]?.key.slice(0, 8));
  });

  test('a late answer to what was forgotten is not taken for the answer to what was claimed since', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const world = await makeWorld({
      routes: {
        'POST /charges': async ({ json }) => {
          await gates[(json as { amount: number }).amount - 1]?.promise;
          return Response.json({ charged: json }, { status: 201 });
        },
      },
    });
    const [old, next] = [world.client(), world.client()];
    const first = told(charge(old, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    await next.operations.discard('cart/1', { evenIfPossiblySent: true });
    await next.operations.forget('cart/1');
    const second = charge(next, 'cart/1', 2);
    const gets = told(second);
    await until(() => world.mock.effects().length === 2, 'the second request arrived');
    gates[0].resolve();
    expect(await first).toBe(ONE);
    expect(toldRecord(await world.record('cart/1'))).toBe('dispatched 1 possible');
    gates[1].resolve();
    expect(await gets).toBe(TWO);
    expect((await second.outcome()).persisted).toBe(true);
  });
});

describe('a caller of one request never gets the answer to another', () => {
  test('who follows the first round while somebody begins the second is told of the conflict', async () => {
    const gate = Promise.withResolvers<void>();
    const world = await makeWorld({
      routes: {
        'POST /charges': async ({ json }) => {
          const { amount } = json as { amount: number };
          if (amount === 1) await gate.promise;
          return Response.json({ charged: json }, { status: amount === 1 ? 402 : 201 });
        },
      },
    });
    const driver = world.client();
    const first = told(charge(driver, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    // Hears of nothing, and looks again only after both rounds are over.
    const follower = world.client({ journal: { ...slowed(world.journal()), watch: () => () => undefined } });
    const joined = told(charge(follower, 'cart/1', 1));
    const byName = toldOutcome(follower.operations.outcome('cart/1'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    expect(await first).toBe('HTTPError HTTP none 402');
    expect(await told(charge(driver, 'cart/1', 2))).toBe(TWO);
    expect(await joined).toBe('OperationConflictError CONFLICT possible');
    expect(await byName).toBe('succeeded done journal');
  });
});
