import { describe, expect, test } from 'vitest';
import { type Client, type ClientOptions, NotSentError, StillPendingError } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { charge, told, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const REASON = new Error('the user pressed Cancel');
const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => 'nothing',
    (error: unknown) => error,
  );

describe('aborted before the first byte: cancelled', () => {
  test('a signal that was aborted before: nothing is stored', async () => {
    const world = await makeWorld();
    const call = charge(world.client(), 'cart/1', 1, { signal: AbortSignal.abort(REASON) });
    expect(await told(call)).toBe('NotSentError NOT_SENT none');
    expect(await toldOutcome(call.outcome())).toBe('not-sent none');
    await expect(call).rejects.toMatchObject({ cause: REASON, operationId: 'cart/1' });
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'absent']);
  });

  test('while credentials are fetched: stored as not sent, and the name is free', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    const client = world.client({
      authorize: () => {
        cancel.abort(REASON);
        return {};
      },
    });
    const call = charge(client, 'cart/1', 1, { signal: cancel.signal });
    expect(await caught(call)).toMatchObject({ code: 'ERR_ONCEWARD_NOT_SENT', effect: 'none', cause: REASON });
    expect(await toldOutcome(call.outcome())).toBe('not-sent none');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'not-sent 1 none']);
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.effects()).toHaveLength(1);
  });

  test('while a token service hangs: the caller is told at once', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    const asked = Promise.withResolvers<void>();
    const client = world.client({
      authorize: () => {
        asked.resolve();
        return new Promise<HeadersInit>(() => undefined);
      },
    });
    const call = told(charge(client, 'cart/1', 1, { signal: cancel.signal }));
    await asked.promise;
    const start = performance.now();
    cancel.abort(REASON);
    expect(await call).toBe('NotSentError NOT_SENT none');
    expect(performance.now() - start).toBeLessThan(2_000);
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'not-sent 1 none']);
  });

  test('while the claim is written: nothing is sent', async () => {
    const world = await makeWorld();
    for (let turn = 0; turn < 20; turn++) {
      const cancel = new AbortController();
      const client = world.client({ journal: slowed(world.journal(), { claim: () => cancel.abort(REASON) }) });
      expect(await told(charge(client, `cart/${turn}`, 1, { signal: cancel.signal }))).toBe(
        'NotSentError NOT_SENT none',
      );
    }
    expect(world.requests()).toBe(0);
  });

  test('while nobody looks at the promise: nothing is sent', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<HeadersInit>();
    const client = world.client({
      authorize: () => {
        asked.resolve();
        return go.promise;
      },
    });
    const call = charge(client, 'cart/1', 1, { signal: cancel.signal });
    await asked.promise;
    cancel.abort(REASON);
    go.resolve({});
    await client.idle();
    expect(world.requests()).toBe(0);
    expect(await caught(call)).toMatchObject({ code: 'ERR_ONCEWARD_NOT_SENT', cause: REASON });
  });

  test('a second caller still wants it: it is sent', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<HeadersInit>();
    const client = world.client({
      authorize: () => {
        asked.resolve();
        return go.promise;
      },
    });
    const first = caught(charge(client, 'cart/1', 1, { signal: cancel.signal }));
    await asked.promise;
    const second = told(charge(client, 'cart/1', 1));
    await until(async () => (await client.operations.list()).length === 1, 'claimed');
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel.abort(REASON);
    go.resolve({});
    expect(await first).toBeInstanceOf(StillPendingError);
    expect(await second).toBe(ONE);
  });
});

describe('aborted after the first byte: stops waiting', () => {
  test('while the server works: the operation goes on, and the next call gets its answer', async () => {
    const world = await makeWorld();
    world.hold();
    const cancel = new AbortController();
    const client = world.client();
    const call = charge(client, 'cart/1', 1, { signal: cancel.signal });
    const error = caught(call);
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    cancel.abort(REASON);
    expect(await error).toMatchObject({
      code: 'ERR_ONCEWARD_STILL_PENDING',
      effect: 'possible',
      waiting: 'sending',
      cause: REASON,
    });
    expect(await toldOutcome(call.outcome())).toBe('pending possible sending');
    world.release();
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect([world.requests(), world.mock.effects().length]).toEqual([1, 1]);
  });

  test('in the wait between two attempts', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    world.mock.fail({ fault: 'status:503', retryAfter: '20' });
    const client = world.client();
    const error = caught(charge(client, 'cart/1', 1, { signal: cancel.signal }));
    await until(async () => (await client.operations.get('cart/1'))?.waiting === 'retry-after', 'waiting');
    cancel.abort(REASON);
    expect(await error).toMatchObject({
      code: 'ERR_ONCEWARD_STILL_PENDING',
      effect: 'possible',
      waiting: 'retry-after',
      cause: REASON,
    });
  });

  test('a joiner that aborts leaves the others alone', async () => {
    const world = await makeWorld();
    world.hold();
    const cancel = new AbortController();
    const client = world.client();
    const first = told(charge(client, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    const second = caught(charge(client, 'cart/1', 1, { signal: cancel.signal }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel.abort(REASON);
    expect(await second).toBeInstanceOf(StillPendingError);
    world.release();
    expect(await first).toBe(ONE);
  });
});

describe('an aborted signal says nothing about what is known of the name', () => {
  const aborted = { signal: AbortSignal.abort(REASON) };
  const states: readonly [name: string, fault: 'status:501' | 'status:402' | 'status:201' | undefined, gets: string][] =
    [
      ['in doubt', 'status:501', 'InDoubtError IN_DOUBT possible not-repeatable'],
      ['succeeded', undefined, ONE],
      ['rejected', 'status:402', 'HTTPError HTTP none 402'],
    ];
  test.each(states)('%s', async (_, fault, gets) => {
    const world = await makeWorld();
    if (fault) world.mock.fail(fault);
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    expect(await told(charge(client, 'cart/1', 1, aborted))).toBe(gets);
    expect(world.requests()).toBe(1);
  });

  const PARKED: Partial<ClientOptions> = { waitTimeout: 50 };
  test.each([
    ['this client', async (client: Client) => client],
    ['another one', undefined],
  ] as const)('sent and unanswered, by %s', async (_, same) => {
    const world = await makeWorld();
    world.hold();
    const first = world.client(PARKED);
    await told(charge(first, 'cart/1', 1));
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    const client = same ? await same(first) : world.client(PARKED);
    const error = await caught(charge(client, 'cart/1', 1, aborted));
    expect(error).toBeInstanceOf(StillPendingError);
    expect(error).toMatchObject({ effect: 'possible', cause: REASON });
    expect(error).not.toBeInstanceOf(NotSentError);
    expect(world.requests()).toBe(1);
  });

  test('other bytes under the name of a success are a conflict', async () => {
    const world = await makeWorld();
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    expect(await told(charge(client, 'cart/1', 2, aborted))).toBe('OperationConflictError CONFLICT done');
  });

  test('a new round is not begun', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    expect(await told(charge(client, 'cart/1', 2, aborted))).toBe('NotSentError NOT_SENT none');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([1, 'rejected 1 none']);
  });
});
