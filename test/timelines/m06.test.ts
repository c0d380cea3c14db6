import { describe, expect, test } from 'vitest';
import type { StillPendingError } from '../../src/index.node.ts';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome, until } from './support/world.ts';

const busy = (seconds: number) => ({
  effect: false,
  answer: { status: 503, headers: { 'retry-after': String(seconds) } },
});

describe.each(JOURNALS)('%s', (kind) => {
  test('M6: parked beyond what its caller waits, the promise says so at once, and until when', async () => {
    const world = await makeWorld(kind);
    world.server.script(busy(7200));
    const client = world.client();
    const start = world.clock.now();
    const call = charge(client, 'cart/1', 5);
    // No time passes but that of a request: the clock is not moved.
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason as StillPendingError,
    );
    expect(error).toMatchObject({ name: 'StillPendingError', waiting: 'retry-after', effect: 'possible' });
    expect(error?.until).toBeGreaterThanOrEqual(start + 7_200_000);
    expect(await toldOutcome(call.outcome())).toBe('pending possible retry-after');
    // The operation goes on without it.
    await world.clock.advance('2h');
    await until(async () => (await client.operations.get('cart/1'))?.status === 'succeeded', 'it went on');
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M6: parked for a condition that no time brings: the same', async () => {
    const world = await makeWorld(kind);
    world.server.script({ effect: false, answer: { status: 401 } });
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING none credentials');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('pending none credentials');
    expect(world.server.arrivals).toHaveLength(1);
    expect(world.server.charges).toEqual([]);
  });

  test('M6: a wait that ends before the caller gives up is waited for', async () => {
    const world = await makeWorld(kind);
    world.server.script(busy(30));
    const client = world.client();
    const call = told(charge(client, 'cart/1', 5));
    expect(await inTime(world, call)).toBe('201 {"charge":1}');
    expect(world.server.charges).toHaveLength(1);
  });

  test('M6: a caller waits for waitTimeout and no longer, whatever the server does', async () => {
    const world = await makeWorld(kind);
    world.server.always({ answer: 'silence' });
    const client = world.client({ attemptTimeout: '1h' });
    const call = told(charge(client, 'cart/1', 5, { waitTimeout: '10s' }));
    await until(() => world.server.arrivals.length === 1, 'sent');
    const joined = toldOutcome(client.operations.outcome('cart/1', { waitTimeout: '40s' }));
    const start = world.clock.monotonic();
    expect(await inTime(world, call)).toBe('StillPendingError STILL_PENDING possible sending');
    expect(world.clock.monotonic() - start).toBeLessThan(20_000);
    expect(await inTime(world, joined)).toBe('pending possible sending');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M6: Infinity waits through a park, and is told at its end', async () => {
    const world = await makeWorld(kind);
    world.server.script(busy(7200));
    const client = world.client();
    let settled = false;
    const call = told(charge(client, 'cart/1', 5, { waitTimeout: Number.POSITIVE_INFINITY })).finally(() => {
      settled = true;
    });
    await until(async () => (await client.operations.get('cart/1'))?.waiting === 'retry-after', 'it is parked');
    expect(settled).toBe(false);
    await world.clock.advance('2h');
    expect(await call).toBe('201 {"charge":1}');
    expect(world.server.charges).toHaveLength(1);
  });
});
