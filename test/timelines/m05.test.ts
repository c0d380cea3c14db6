import { describe, expect, test } from 'vitest';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome, until } from './support/world.ts';

const says = (status: number, headers: Record<string, string> = {}) => ({ effect: false, answer: { status, headers } });

describe.each(JOURNALS)('%s', (kind) => {
  test('M5: resume() returns at once, whatever is parked', async () => {
    const world = await makeWorld(kind);
    world.server.always(says(503, { 'retry-after': '7200' }));
    const first = world.client();
    expect(await told(charge(first, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible retry-after');
    const next = await world.restart(first);
    // No time passes: what this waited for would never come.
    expect(await next.operations.resume()).toMatchObject([{ id: 'cart/1', status: 'pending' }]);
    await next.idle();
    expect(await next.operations.get('cart/1')).toMatchObject({ waiting: 'retry-after' });
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M5: a crash between finish and caller: handed out at every start until it is acknowledged', async () => {
    const world = await makeWorld(kind);
    const run = world.run({ moments: { afterFinish: () => run.kill() } });
    void told(charge(run.client, 'cart/1', 5));
    await until(() => world.server.charges.length === 1, 'charged');
    const reads = async () => {
      const client = world.client();
      const [found] = await client.operations.resume();
      return { client, status: found?.status };
    };
    await until(async () => (await reads()).status === 'succeeded', 'finished');
    const { client, status } = await reads();
    expect(status).toBe('succeeded');
    await client.operations.acknowledge('cart/1');
    expect(await client.operations.resume()).toEqual([]);
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M5: two tabs resume the same: one sends, both learn the outcome', async () => {
    const world = await makeWorld(kind);
    const dead = world.run({ moments: { afterClaim: () => dead.kill() } });
    void told(charge(dead.client, 'cart/1', 5));
    await until(async () => (await world.journal().list('')).records.length === 1, 'claimed');
    const tabs = [world.client(), world.client()];
    await Promise.all(tabs.map((tab) => tab.operations.resume()));
    const outcomes = tabs.map((tab) => toldOutcome(tab.operations.outcome('cart/1')));
    expect((await inTime(world, Promise.all(outcomes))).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
      'succeeded done',
      'succeeded done',
    ]);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M6: whoever waits for less than the park is told now, and until when; the operation goes on', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(429, { 'retry-after': '3600' }));
    const client = world.client({ waitTimeout: '10m' });
    const due = world.clock.now() + 3_600_000;
    // No time passes on the client's clock.
    const error = await charge(client, 'cart/1', 5).then(undefined, (reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'StillPendingError', effect: 'possible', waiting: 'retry-after' });
    expect((error as { until: number }).until).toBeGreaterThanOrEqual(due - 1_000);
    const joined = toldOutcome(client.operations.outcome('cart/1', { waitTimeout: '2h' }));
    await world.clock.advance('61m');
    expect(await inTime(world, joined)).toMatch(/^succeeded done/);
  });

  test('M6: a caller who never gives up waits through it', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(429, { 'retry-after': '600' }));
    const call = told(charge(world.client({ waitTimeout: Number.POSITIVE_INFINITY }), 'cart/1', 5));
    expect(await inTime(world, call)).toBe('201 {"charge":1}');
  });
});
