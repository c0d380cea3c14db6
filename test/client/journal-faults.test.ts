import { describe, expect, test } from 'vitest';
import type { Journal } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { charge, told, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const fails = (): never => {
  throw new Error('disk full');
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('before the send', () => {
  test('no byte leaves before the claim is durable, and no answer is told before it is (I3, I11)', async () => {
    const order: string[] = [];
    const world = await makeWorld({
      routes: {
        'POST /charges': () => {
          order.push('the server executes');
          return Response.json({}, { status: 201 });
        },
      },
    });
    const inner = world.journal();
    const journal = slowed(inner, {
      claim: () => pause(20),
      claimed: () => pause(20).then(() => void order.push('the claim is durable')),
      updated: ({ state }) =>
        pause(20).then(
          () => void order.push(`${state.state} is durable${state.acknowledgedAt ? ', acknowledged' : ''}`),
        ),
    });
    const client = world.client({
      journal,
      wrapFetch: (send) => (input, init) => {
        order.push('fetch is called');
        return send(input, init);
      },
    });
    await client.post('/charges', { once: 'cart/1', json: {} });
    order.push('the caller is told');
    await until(() => order.length === 6, 'acknowledged');
    expect(order).toEqual([
      'the claim is durable',
      'fetch is called',
      'the server executes',
      'succeeded is durable',
      'the caller is told',
      'succeeded is durable, acknowledged',
    ]);
  });

  test('a parked claim is marked durably before its first send', async () => {
    const order: string[] = [];
    const world = await makeWorld();
    let good = false;
    const client = world.client({
      authorize: () => (good ? { authorization: 'Bearer good' } : fails()),
      retry: { maxDelay: '1m' },
      journal: slowed(world.journal(), { updated: ({ state }) => pause(20).then(() => void order.push(state.state)) }),
      wrapFetch: (send) => (input, init) => {
        order.push('fetch is called');
        return send(input, init);
      },
    });
    expect(await told(charge(client, 'cart/1', 1))).toBe('StillPendingError STILL_PENDING none credentials');
    good = true;
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(order.slice(0, 4)).toEqual(['claimed', 'dispatched', 'fetch is called', 'succeeded']);
  });

  test('a claim that fails: nothing is sent, and the name is free', async () => {
    const world = await makeWorld();
    const client = world.client({ journal: slowed(world.journal(), { claim: fails }) });
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe('JournalError JOURNAL none unavailable');
    expect(await toldOutcome(call.outcome())).toBe('JournalError JOURNAL none unavailable');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'absent']);
    expect(await told(charge(world.client(), 'cart/1', 1))).toBe(ONE);
  });

  test('a claim whose answer is lost was stored all the same: the next call goes on with its key', async () => {
    const world = await makeWorld();
    let broken = true;
    const client = world.client({ journal: slowed(world.journal(), { claimed: () => broken && fails() }) });
    expect(await told(charge(client, 'cart/1', 1))).toBe('JournalError JOURNAL none unavailable');
    expect(world.requests()).toBe(0);
    broken = false;
    const key = (await world.record('cart/1'))?.fixed.key;
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toMatchObject([{ key, effects: 1 }]);
  });

  test('nobody calls it again: it ends as not sent, and no start sends it (I7)', async () => {
    const world = await makeWorld();
    let broken = true;
    const client = world.client({
      journal: slowed(world.journal(), { claimed: () => broken && fails(), get: () => broken && fails() }),
    });
    expect(await told(charge(client, 'cart/1', 1))).toBe('JournalError JOURNAL none unavailable');
    broken = false;
    // The first look comes after a second.
    await until(async () => toldRecord(await world.record('cart/1')) === 'not-sent 1 none', 'ended');
    const other = world.client();
    await other.operations.resume();
    await other.idle();
    expect(world.requests()).toBe(0);
    expect(await told(charge(other, 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toMatchObject([{ effects: 1 }]);
  });

  test('a new round whose answer is lost was stored all the same: it ends as not sent too', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    await told(charge(world.client(), 'cart/1', 1));
    const client = world.client({ journal: slowed(world.journal(), { updated: ({ round }) => round && fails() }) });
    expect(await told(charge(client, 'cart/1', 2))).toBe('JournalError JOURNAL none unavailable');
    await until(async () => toldRecord(await world.record('cart/1')) === 'not-sent 2 none', 'ended');
    expect(world.requests()).toBe(1);
  });

  test('a new round that cannot be stored is not begun', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    await told(charge(world.client(), 'cart/1', 1));
    const client = world.client({ journal: slowed(world.journal(), { update: fails }) });
    expect(await told(charge(client, 'cart/1', 2))).toBe('JournalError JOURNAL none unavailable');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([1, 'rejected 1 none']);
  });

  test('a dispatch mark that cannot be stored: nothing is sent', async () => {
    const world = await makeWorld();
    let good = false;
    const client = world.client({
      authorize: () => (good ? {} : fails()),
      retry: { maxDelay: '1m' },
      journal: slowed(world.journal(), { update: ({ state }) => state.state === 'dispatched' && fails() }),
    });
    await told(charge(client, 'cart/1', 1));
    good = true;
    expect(await told(charge(client, 'cart/1', 1))).toBe('JournalError JOURNAL none unavailable');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'claimed 1 none']);
  });

  test('a cancel that cannot be stored does not claim that nothing will happen', async () => {
    const world = await makeWorld();
    const cancel = new AbortController();
    const client = world.client({
      authorize: () => {
        cancel.abort();
        return {};
      },
      journal: slowed(world.journal(), { update: fails }),
    });
    const gets = await told(charge(client, 'cart/1', 1, { signal: cancel.signal }));
    // The stored claim is marked as dispatched: a restart would send it.
    expect(gets).toBe('JournalError JOURNAL possible unavailable');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'dispatched 1 possible']);
  });
});

describe('after the send', () => {
  // Found by the simulation: a second call of the name, while the first one waits for its answer and the disk is full.
  test('a call whose claim fails while the name is under way hears "possible", not "none"', async () => {
    const world = await makeWorld();
    const inner = world.journal();
    let full = false;
    const client = world.client({
      journal: { ...inner, claim: (record) => (full ? fails() : inner.claim(record)), close: async () => undefined },
    });
    world.hold();
    const first = charge(client, 'cart/1', 1);
    await until(() => world.requests() === 1, 'sent');
    full = true;
    expect(await told(charge(client, 'cart/1', 1))).toBe('JournalError JOURNAL possible unavailable');
    expect(await told(charge(client, 'cart/2', 1))).toBe('JournalError JOURNAL none unavailable');
    world.release();
    expect(await told(first)).toBe(ONE);
  });

  const finishes = (fail: () => boolean) => (journal: Journal) =>
    slowed(journal, { update: ({ state }) => fail() && state.finishedAt !== undefined && fails() });

  test('an answer that cannot be stored is given all the same, marked; the next start asks again and gets the replay', async () => {
    const world = await makeWorld();
    const client = world.client({ journal: finishes(() => true)(world.journal()) });
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe(ONE);
    expect(await toldOutcome(call.outcome())).toBe('succeeded done network unpersisted');
    expect(toldRecord(await world.record('cart/1'))).toBe('dispatched 1 possible');
    const next = await world.restart(client);
    expect((await next.operations.resume()).map(({ status }) => status)).toEqual(['pending']);
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done replay');
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('it is stored as soon as the journal works again', async () => {
    const world = await makeWorld();
    let broken = true;
    const client = world.client({ journal: finishes(() => broken)(world.journal()) });
    await told(charge(client, 'cart/1', 1));
    broken = false;
    await until(async () => toldRecord(await world.record('cart/1')) === 'succeeded 1 done', 'stored');
    expect(world.requests()).toBe(1);
    expect(await toldOutcome(charge(client, 'cart/1', 1).outcome())).toBe('succeeded done journal');
  });

  test('a refusal that only a first attempt proves is told when it is stored: a restart before that may find it carried out', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    const client = world.client({ journal: finishes(() => true)(world.journal()) });
    const gets = await told(charge(client, 'cart/1', 1, { waitTimeout: 300 }));
    expect(gets).toBe('StillPendingError STILL_PENDING possible sending');
    const next = await world.restart(client);
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done network');
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('its caller is told as soon as the journal works again', async () => {
    const world = await makeWorld();
    world.mock.fail('status:402');
    let broken = true;
    const client = world.client({ journal: finishes(() => broken && !(broken = false))(world.journal()) });
    const call = charge(client, 'cart/1', 1);
    expect(await told(call)).toBe('HTTPError HTTP none 402');
    expect(await toldOutcome(call.outcome())).toBe('rejected none network');
    expect(toldRecord(await world.record('cart/1'))).toBe('rejected 1 none');
    expect(world.requests()).toBe(1);
  });

  test('an acknowledgement that cannot be stored: the outcome is handed out again', async () => {
    const world = await makeWorld();
    const journal = slowed(world.journal(), { update: ({ state }) => state.acknowledgedAt !== undefined && fails() });
    const client = world.client({ journal });
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    await pause(20);
    const next = await world.restart(client);
    expect((await next.operations.resume()).map(({ status }) => status)).toEqual(['succeeded']);
  });

  test('progress that cannot be stored does not end the retries', async () => {
    const world = await makeWorld();
    world.mock.fail('reset-after', 'status:503');
    const journal = slowed(world.journal(), { update: (_, options) => options?.relaxed === true && fails() });
    expect(await told(charge(world.client({ journal }), 'cart/1', 1))).toBe(ONE);
    expect(world.mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
  });
});
