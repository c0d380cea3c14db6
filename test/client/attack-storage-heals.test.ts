import { describe, expect, test } from 'vitest';
import type { Client, Journal } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { told, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { type SmallWorld, smallWorld } from '../support/small-world.ts';

const charge = (client: Client, more = {}) =>
  client.post('/charges', { once: 'cart/1', json: { amount: 1 }, waitTimeout: 1_500, ...more });
const close = (...clients: Client[]) => Promise.all(clients.map((client) => client.close({ timeout: 0 })));
const stored = async (world: SmallWorld) => (await world.records())[0];
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const fails = (): never => {
  throw new Error('disk full');
};

describe('the journal fails, and works again', () => {
  // Another process takes this one, which lives, for the driver: it would wait until this one ends.
  test('an operation that failed here does not go on naming this process as its driver', async () => {
    const world = smallWorld();
    let good = false;
    let broken = true;
    const client = world.client(
      slowed(world.inner, { update: ({ state }) => broken && state.state === 'dispatched' && fails() }),
      { authorize: () => (good ? {} : fails()), retry: { maxDelay: '1m' } },
    );
    await told(charge(client));
    good = true;
    expect(await told(charge(client))).toBe('JournalError JOURNAL none unavailable');
    broken = false;
    await until(async () => (await stored(world))?.state.driver === undefined, 'released');
    expect(toldRecord(await stored(world))).toBe('claimed 1 none');
    await close(client);
  });

  test('the same where the release fails too, for a while', async () => {
    const world = smallWorld();
    let good = false;
    let broken = false;
    const client = world.client(slowed(world.inner, { update: () => broken && fails() }), {
      authorize: () => (good ? {} : fails()),
      retry: { maxDelay: '1m' },
    });
    await told(charge(client));
    [good, broken] = [true, true];
    expect(await told(charge(client))).toBe('JournalError JOURNAL none unavailable');
    await new Promise((resolve) => setTimeout(resolve, 50));
    broken = false;
    await until(async () => (await stored(world))?.state.driver === undefined, 'released');
    expect(world.sent).toEqual([]);
    await close(client);
  });

  test('doubt that could not be stored is stored later, and nothing is sent again', async () => {
    const world = smallWorld('status:501');
    let broken = true;
    const client = world.client(
      slowed(world.inner, { update: ({ state }) => broken && state.state === 'in-doubt' && fails() }),
    );
    expect(await toldOutcome(charge(client).outcome())).toBe('in-doubt possible not-repeatable unpersisted');
    broken = false;
    await until(async () => toldRecord(await stored(world)) === 'in-doubt 1 possible', 'stored');
    expect(await told(charge(client))).toBe('InDoubtError IN_DOUBT possible not-repeatable');
    expect(world.sent).toHaveLength(1);
    await close(client);
  });

  test.each(['get', 'update'] as const)(
    'who waits for another driver in the background outlives a failing %s, and takes over when that one is gone',
    async (method) => {
      const world = smallWorld('lose-response');
      let dead = false;
      const dying: Journal = { ...world.inner, update: (...call) => (dead ? never() : world.inner.update(...call)) };
      const first = world.client(dying, { attemptTimeout: 10_000 });
      expect(await told(charge(first, { waitTimeout: 50 }))).toMatch(/^StillPending/);
      let broken = false;
      let failures = 0;
      const failing = (): void => {
        if (!broken) return;
        failures += 1;
        fails();
      };
      const second = world.client(slowed(world.inner, { [method]: failing }));
      await second.operations.resume();
      await new Promise((resolve) => setTimeout(resolve, 20));
      broken = true;
      dead = true;
      await first.close({ timeout: 0 });
      await until(() => failures > 0, 'the follower met the fault');
      broken = false;
      await until(async () => toldRecord(await stored(world)) === 'succeeded 1 done', 'taken over');
      expect(world.mock.effects()).toHaveLength(1);
      await close(second);
    },
    10_000,
  );
});

test.each([
  {
    plan: ['status:402'] as const,
    // `none` waits until it is durable.
    meanwhile: 'StillPendingError STILL_PENDING possible sending',
    gets: 'HTTPError HTTP none 402',
    record: 'rejected 1 none',
    effects: 0,
  },
  {
    plan: [] as const,
    meanwhile: '201 {"charged":{"amount":1}}',
    gets: '201 {"charged":{"amount":1}}',
    record: 'succeeded 1 done',
    effects: 1,
  },
])('what could not be stored is held, and nothing is sent for it: $gets', async (row) => {
  const world = smallWorld(...row.plan);
  let broken = true;
  const client = world.client(
    slowed(world.inner, { update: ({ state }) => broken && state.finishedAt !== undefined && fails() }),
  );
  expect(await told(charge(client, { waitTimeout: 300 }))).toBe(row.meanwhile);
  expect(await told(charge(client, { waitTimeout: 300 }))).toBe(row.meanwhile);
  expect(world.sent).toHaveLength(1);
  broken = false;
  await until(async () => toldRecord(await stored(world)) === row.record, 'stored');
  expect(await told(charge(client))).toBe(row.gets);
  expect({ sent: world.sent.length, effects: world.mock.effects().length }).toEqual({ sent: 1, effects: row.effects });
  await close(client);
});
