import { describe, expect, test } from 'vitest';
import type { OperationRecord } from '../../src/core/record.ts';
import type { Verdict } from '../../src/index.node.ts';
import { charge, inTime, JOURNALS, makeWorld, settable, told, toldOutcome, until } from './support/world.ts';

const LOST = { answer: 'reset' } as const;
const LATER = { effect: false, answer: { status: 503, headers: { 'retry-after': '50' } } } as const;
const REFUSED = { effect: false, answer: { status: 404, body: {} } } as const;
const UNPROVED = 'InDoubtError IN_DOUBT possible unproved-rejection';

describe.each(JOURNALS)('%s', (kind) => {
  test.each([
    ['a laptop that slept for two hours', 2 * 3_600_000, '201 {"charge":1}'],
    ['one that slept beyond the lifetime of the key', 30 * 3_600_000, 'InDoubtError IN_DOUBT possible key-expired'],
    ['a clock set back by 20 ms', -20, '201 {"charge":1}'],
    ['a clock set back by a minute', -60_000, '201 {"charge":1}'],
    ['a clock set back by an hour', -3_600_000, 'InDoubtError IN_DOUBT possible clock'],
  ])('M8: %s', async (_, by, expected) => {
    const world = await makeWorld(kind);
    const clock = settable(world.clock);
    world.server.script(LOST, LATER);
    const client = world.client({ clock, waitTimeout: Number.POSITIVE_INFINITY });
    const call = told(charge(client, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 2, 'asked twice');
    clock.set(by);
    expect(await inTime(world, call)).toBe(expected);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M8: one start with the clock in 2099 spoils what it touched, and nothing else', async () => {
    const world = await makeWorld(kind);
    const wrong = settable(world.clock);
    wrong.set(73 * 365 * 86_400_000);
    world.server.script(LOST, LATER);
    const first = world.client({ clock: wrong, waitTimeout: 0 });
    await told(charge(first, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 2, 'asked twice');
    const next = await world.restart(first);
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('in-doubt possible clock');
    expect(await told(charge(next, 'cart/2', 5))).toBe('201 {"charge":2}');
  });

  test.each([
    // The stored due time of its next attempt is by the wall: 50 s from now.
    ['a little', -50_000, '201 {"charge":1}', 70_000],
    ['by a day', -86_400_000, 'InDoubtError IN_DOUBT possible clock', 45_000],
  ])(
    'M8: a lease is judged by the time that passed for whoever waits: a clock set back %s holds nobody',
    async (_, by, expected, within) => {
      const world = await makeWorld(kind);
      const clock = settable(world.clock);
      world.server.script(LOST, { answer: 'silence' });
      const dead = world.run({ clock });
      void told(charge(dead.client, 'cart/1', 5));
      await until(() => world.server.arrivals.length === 2, 'asked twice');
      dead.kill();
      // Its driver is in another container: a pid says nothing of it.
      const journal = world.journal();
      const [record] = (await journal.list('')).records;
      if (record?.fixed.kind !== 'operation') throw new Error('There is no operation.');
      const { state } = record as OperationRecord;
      const driver = { ...state.driver, nonce: 'elsewhere', pid: 1, pidNamespace: 'pid:[1]' };
      const change = { revision: record.revision, write: 'moved', state: { ...state, driver } };
      expect(await journal.update(record.identity, change)).toMatchObject({ won: true });
      const next = world.client({ clock, waitTimeout: Number.POSITIVE_INFINITY });
      const call = told(charge(next, 'cart/1', 5));
      await until(async () => (await next.operations.get('cart/1'))?.waiting === 'other-driver', 'it follows');
      clock.set(by);
      const start = world.clock.monotonic();
      expect(await inTime(world, call)).toBe(expected);
      expect(world.clock.monotonic() - start).toBeGreaterThan(25_000);
      expect(world.clock.monotonic() - start).toBeLessThan(within);
      expect(new Set(world.server.keys()).size).toBe(1);
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test('M9: a person ends a doubt: it happened', async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST, REFUSED);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe(UNPROVED);
    const response = Response.json({ charge: 1 }, { status: 201 });
    await client.operations.resolve('cart/1', { effect: 'done', response });
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M9: it did not happen: not said while a copy may be on its way, and never a send by itself', async () => {
    const world = await makeWorld(kind);
    world.server.script({ effect: false, answer: 'reset' }, REFUSED);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe(UNPROVED);
    const none: Verdict = { effect: 'none' };
    await expect(client.operations.resolve('cart/1', none)).rejects.toMatchObject({ code: 'ERR_ONCEWARD_WRONG_STATE' });
    await world.clock.advance('2m');
    expect(await toldOutcome(client.operations.resolve('cart/1', none))).toBe('discarded none');
    await client.operations.resume();
    await client.operations.wake();
    expect(world.server.arrivals).toHaveLength(2);
    // The next call of that name begins a round with a key of its own.
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(2);
  });

  test('M9: the application ends it: asked when doubt begins, and at the next start', async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST, REFUSED);
    const asked: string[] = [];
    const reconcile = (verdict: Verdict | undefined) => ({
      reconcile: ({ id, reason }: { id: string; reason?: string }) => {
        asked.push(`${id} ${reason}`);
        return verdict;
      },
    });
    const first = world.client(reconcile(undefined));
    expect(await told(charge(first, 'cart/1', 5))).toBe(UNPROVED);
    const next = await world.restart(first, reconcile({ effect: 'done' }));
    await next.operations.resume();
    await next.idle();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(asked).toEqual(['cart/1 unproved-rejection', 'cart/1 unproved-rejection']);
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M9: while in doubt, nobody who calls again sends anything, whatever he brings', async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST, REFUSED);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe(UNPROVED);
    const next = await world.restart(client);
    const calls = [
      charge(next, 'cart/1', 5),
      charge(next, 'cart/1', 6),
      charge(next, 'cart/1', 5, { retryRejected: true }),
    ];
    expect(await Promise.all(calls.map(told))).toEqual([UNPROVED, UNPROVED, UNPROVED]);
    await next.operations.wake('cart/1');
    await next.idle();
    expect(world.server.arrivals).toHaveLength(2);
    expect(new Set(world.server.keys()).size).toBe(1);
  });

  test.each([
    ['hangs', () => new Promise<undefined>(() => undefined)],
    ['throws', () => Promise.reject(new Error('the provider is down'))],
    ['says "none" while a copy may be on its way', () => ({ effect: 'none' }) as const],
  ])('M9: an application that %s leaves the doubt, and holds nobody', async (_, reconcile) => {
    const world = await makeWorld(kind);
    world.server.script(LOST, REFUSED);
    const client = world.client({ reconcile });
    const start = world.clock.monotonic();
    expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe(UNPROVED);
    expect(world.clock.monotonic() - start).toBeLessThan(60_000);
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });
});
