import { describe, expect, test } from 'vitest';
import { anonymous, type Client, StillPendingError } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { charge, told, toldError, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('waitTimeout', () => {
  test('ends the wait, and the operation goes on', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    const call = charge(client, 'cart/1', 1, { waitTimeout: 50 });
    expect(await told(call)).toBe('StillPendingError STILL_PENDING possible sending');
    expect(await toldOutcome(call.outcome())).toBe('pending possible sending');
    world.release();
    await client.idle();
    expect(toldRecord(await world.record('cart/1'))).toBe('succeeded 1 done');
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.requests()).toBe(1);
  });

  test("each caller has its own, and the client's is the default", async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client({ waitTimeout: 50 });
    const patient = told(charge(client, 'cart/1', 1, { waitTimeout: Number.POSITIVE_INFINITY }));
    expect(await told(charge(client, 'cart/1', 1))).toMatch(/^StillPendingError/);
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('pending possible sending');
    world.release();
    expect(await patient).toBe(ONE);
  });

  test('counts from the call, not from when somebody looks', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    const ended: string[] = [];
    const call = charge(client, 'cart/1', 1, { waitTimeout: 200 });
    await pause(250);
    const later = told(charge(client, 'cart/2', 1, { waitTimeout: 200 })).then(() => ended.push('later'));
    expect(await told(call)).toMatch(/^StillPendingError/);
    ended.push('call');
    await later;
    expect(ended).toEqual(['call', 'later']);
  });

  test.each(['claim', 'owner'] as const)('holds also where the %s never comes (I10)', async (what) => {
    const world = await makeWorld();
    const never = () => new Promise<never>(() => undefined);
    const client = world.client(
      what === 'owner' ? { owner: never } : { journal: slowed(world.journal(), { claim: never }) },
    );
    const start = performance.now();
    const call = charge(client, 'cart/1', 1, { waitTimeout: 100 });
    expect(await told(call)).toBe('StillPendingError STILL_PENDING possible queued');
    expect(await toldOutcome(call.outcome())).toBe('pending possible queued');
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(world.requests()).toBe(0);
  });
});

describe('many callers, one effect', () => {
  test('a double click', async () => {
    const world = await makeWorld();
    const client = world.client();
    const clicks = [charge(client, 'cart/1', 1), charge(client, 'cart/1', 1)];
    expect(await Promise.all(clicks.map(told))).toEqual([ONE, ONE]);
    expect(world.mock.ledger()).toMatchObject([{ hits: 1, effects: 1 }]);
  });

  test('fifty calls of one name from two clients on one journal: one key, one effect, one answer', async () => {
    const world = await makeWorld();
    const clients = [world.client(), world.client()];
    const calls = Array.from({ length: 50 }, (_, at) => told(charge(clients[at % 2] as Client, 'cart/1', 1)));
    expect(new Set(await Promise.all(calls))).toEqual(new Set([ONE]));
    expect(world.mock.ledger()).toMatchObject([{ hits: 1, effects: 1 }]);
  });

  test('fifty names from two clients: fifty keys, fifty effects', async () => {
    const world = await makeWorld();
    const clients = [world.client(), world.client()];
    const calls = Array.from({ length: 100 }, (_, at) =>
      told(charge(clients[at % 2] as Client, `cart/${at % 50}`, at % 50)),
    );
    await Promise.all(calls);
    expect(world.mock.ledger()).toHaveLength(50);
    expect(world.mock.ledger().every(({ hits, effects }) => hits === 1 && effects === 1)).toBe(true);
  });

  test('two clients that both lose an answer send one key', async () => {
    const world = await makeWorld();
    world.mock.fail('reset-after', 'truncate', 'duplicate');
    const calls = [world.client(), world.client()].map((client) => told(charge(client, 'cart/1', 1)));
    expect(await Promise.all(calls)).toEqual([ONE, ONE]);
    expect(world.mock.ledger()).toMatchObject([{ effects: 1 }]);
    expect(world.mock.ledger()).toHaveLength(1);
    world.mock.assertPlanConsumed();
  });

  test('each caller may read the body, as often as it asks for it', async () => {
    const world = await makeWorld();
    const client = world.client();
    const call = charge(client, 'cart/1', 1);
    expect(await call.json()).toEqual({ charged: { amount: 1 } });
    expect(await call.text()).toBe('{"charged":{"amount":1}}');
    expect(new TextDecoder().decode(await call.arrayBuffer())).toBe('{"charged":{"amount":1}}');
    expect(await (await call.blob()).text()).toBe('{"charged":{"amount":1}}');
    const [one, two] = await Promise.all([call, call]);
    expect(await one.json()).toEqual(await two.json());
    expect(world.requests()).toBe(1);
  });

  test('a body that is not what was asked for does not say that it failed', async () => {
    const world = await makeWorld({ routes: { 'POST /charges': () => new Response('thanks', { status: 201 }) } });
    const call = charge(world.client(), 'cart/1', 1);
    expect(await call.json().catch(toldError)).toBe('ResponseBodyError RESPONSE_BODY done');
    expect(await call.text()).toBe('thanks');
  });
});

describe('idle', () => {
  test('waits for what is being claimed, sent and retried, and not for what is parked', async () => {
    const world = await makeWorld();
    world.mock.fail('reset-after', 'status:503', { fault: 'status:503', retryAfter: '3600' });
    const client = world.client();
    charge(client, 'cart/1', 1);
    await client.idle();
    expect((await client.operations.get('cart/1'))?.waiting).toBe('retry-after');
    charge(client, 'cart/2', 2);
    await client.idle();
    expect(toldRecord(await world.record('cart/2'))).toBe('succeeded 1 done');
    await client.idle();
    expect(world.mock.effects()).toHaveLength(2);
  });

  test('ends with the reason of its signal', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    charge(client, 'cart/1', 1);
    const stop = new AbortController();
    const idle = client.idle({ signal: stop.signal });
    stop.abort('enough');
    await expect(idle).rejects.toBe('enough');
    await expect(client.idle({ signal: stop.signal })).rejects.toBe('enough');
  });

  test('nothing to do is idle', async () => {
    await expect((await makeWorld()).client().idle()).resolves.toBeUndefined();
  });
});

describe('close', () => {
  test('lets an attempt under way be answered and stored', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    const call = told(charge(client, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    const closed = client.close();
    world.release();
    await closed;
    expect(await call).toBe(ONE);
    expect(toldRecord(await world.record('cart/1'))).toBe('succeeded 1 done');
  });

  test('after its timeout callers are told, the next client takes over at once, and sends the same key', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    const call = charge(client, 'cart/1', 1);
    const caught = call.then(undefined, (error: unknown) => error);
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    const start = performance.now();
    await client.close({ timeout: 50 });
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(await caught).toBeInstanceOf(StillPendingError);
    expect(toldError(await caught)).toBe('StillPendingError STILL_PENDING possible interrupted');
    expect(await toldOutcome(call.outcome())).toBe('pending possible interrupted');
    expect((await world.record('cart/1'))?.state.driver).toBeUndefined();
    world.release();
    const next = world.client();
    expect(await told(charge(next, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('no attempt begins after it', async () => {
    const world = await makeWorld();
    world.mock.fail({ fault: 'status:503', retryAfter: '1' });
    const client = world.client();
    const call = told(charge(client, 'cart/1', 1));
    await until(async () => (await client.operations.get('cart/1'))?.waiting === 'retry-after', 'waiting');
    await client.close();
    expect(await call).toBe('StillPendingError STILL_PENDING possible interrupted');
    await pause(1_200);
    expect(world.requests()).toBe(1);
  });

  test('during the claim: the caller is told, and nothing is sent', async () => {
    const world = await makeWorld();
    const claimed = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const journal = slowed(world.journal(), {
      claimed: () => {
        claimed.resolve();
        return go.promise;
      },
    });
    const client = world.client({ journal });
    const call = told(charge(client, 'cart/1', 1));
    await claimed.promise;
    const closed = client.close();
    go.resolve();
    await closed;
    expect(await call).toBe('StillPendingError STILL_PENDING possible interrupted');
    expect(world.requests()).toBe(0);
    expect(await told(charge(world.client(), 'cart/1', 1))).toBe(ONE);
  });

  test.each(['authorize', 'owner'] as const)('does not wait for %s', async (what) => {
    const world = await makeWorld();
    const asked = Promise.withResolvers<void>();
    const never = () => {
      asked.resolve();
      return new Promise<never>(() => undefined);
    };
    let owners = 0;
    const client = world.client(
      what === 'authorize' ? { authorize: never } : { owner: () => (owners++ === 0 ? 'alice' : never()) },
    );
    const call = told(charge(client, 'cart/1', 1));
    await asked.promise;
    const start = performance.now();
    await client.close();
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(await call).toMatch(/^StillPendingError STILL_PENDING (none|possible) interrupted/);
    expect(world.requests()).toBe(0);
  });
});

describe('a promise nobody reads', () => {
  /** Unhandled rejections while `work` runs and shortly after. */
  async function unhandled(work: () => unknown): Promise<unknown[]> {
    const seen: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => seen.push(reason));
    try {
      await work();
      await pause(50);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of others) process.on('unhandledRejection', listener);
    }
    return seen;
  }

  test.each(['status:402', 'status:501', { fault: 'status:503', retryAfter: '3600' }] as const)(
    'is no unhandled rejection: %j',
    async (fault) => {
      const world = await makeWorld();
      const client = world.client({ waitTimeout: 10 });
      const seen = await unhandled(async () => {
        world.mock.fail(fault);
        charge(client, 'cart/1', 1);
        charge(client, anonymous, 1, { signal: AbortSignal.abort() });
        charge(client, 'cart/2', 1, { deadline: new Date(0) });
        await client.idle();
      });
      expect(seen).toEqual([]);
    },
  );

  test('of which only the outcome was read is none either', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    const seen = await unhandled(() => charge(world.client(), 'cart/1', 1).outcome());
    expect(seen).toEqual([]);
  });

  test('rejects at once where the call itself is wrong, or the journal', async () => {
    const world = await makeWorld();
    const broken = slowed(world.journal(), {
      claim: () => {
        throw new Error('disk full');
      },
    });
    const seen = await unhandled(async () => {
      charge(world.client(), 'cart/undefined', 1);
      charge(world.client({ journal: broken }), 'cart/1', 1);
    });
    expect(seen.map(toldError).sort()).toEqual(['JournalError JOURNAL none unavailable', 'UsageError INVALID_ID none']);
  });

  test('then, catch and finally are those of a promise', async () => {
    const world = await makeWorld();
    const client = world.client();
    let ended = 0;
    const response = await charge(client, 'cart/1', 1).finally(() => {
      ended += 1;
    });
    expect([response.status, ended]).toEqual([201, 1]);
    expect(await charge(client, 'cart/1', 2).catch(() => 'caught')).toBe('caught');
    expect(await charge(client, 'cart/1', 2).then(undefined, () => 'caught')).toBe('caught');
    expect(charge(client, 'cart/1', 1)).not.toBeInstanceOf(Promise);
    expect(await Promise.resolve(charge(client, 'cart/1', 1)).then(({ status }) => status)).toBe(201);
  });
});
