import { describe, expect, test } from 'vitest';
import type { Operation } from '../../src/index.node.ts';
import { charge, JOURNALS, makeWorld, type Run, told, toldOutcome, until, type World } from './support/world.ts';

/** A claim that could not be sent: no token to be had. */
async function claimedOffline(world: World): Promise<void> {
  const run = world.run({
    authorize: () => Promise.reject(new Error('offline')),
    retry: { maxDelay: '1h' },
  });
  expect(await told(charge(run.client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING none credentials');
  run.kill();
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B11: claimed offline, lid closed for two days: never sent is still known, so it is sent now', async () => {
    const world = await makeWorld(kind);
    await claimedOffline(world);
    await world.clock.advance('2d');
    const seen: (Operation | undefined)[] = [];
    const onlooker = world.client();
    world.server.script(async () => {
      seen.push(await onlooker.operations.get('cart/1'));
      return {};
    });
    const next = world.client();
    expect(await next.operations.get('cart/1')).toMatchObject({ status: 'pending', effect: 'none' });
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done network');
    expect(world.server.charges).toHaveLength(1);
    // The mark was durable when the first byte arrived, and the key's age counts from it.
    expect(seen).toMatchObject([{ effect: 'possible', firstSentAt: expect.any(Number) }]);
    expect(seen[0]?.firstSentAt).toBeGreaterThan((seen[0]?.createdAt ?? 0) + 2 * 86_000_000);
  });

  test('B11: never sent, so it may be ended without a word, and the name is free', async () => {
    const world = await makeWorld(kind);
    await claimedOffline(world);
    const next = world.client();
    await next.operations.discard('cart/1');
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('discarded none');
    expect(await told(charge(next, 'cart/1', 6))).toBe('201 {"charge":1}');
    expect(world.server.charges).toMatchObject([{ body: '{"amount":6}' }]);
  });

  test.each(['before', 'after'] as const)(
    'B11: power lost just %s the first byte: possible, whatever else was stored',
    async (when) => {
      const world = await makeWorld(kind);
      const gone = Promise.withResolvers<void>();
      const fetch: typeof globalThis.fetch = (input, init) => {
        if (when === 'before') run.kill();
        const sent = when === 'before' ? new Promise<never>(() => undefined) : globalThis.fetch(input, init);
        gone.resolve();
        return sent;
      };
      const run: Run = world.run({ fetch });
      world.server.script({ answer: 'silence' });
      void told(charge(run.client, 'cart/1', 5));
      await gone.promise;
      if (when === 'after') await until(() => world.server.charges.length === 1, 'charged');
      run.kill();
      const next = world.client();
      expect(await next.operations.get('cart/1')).toMatchObject({ status: 'pending', effect: 'possible' });
      await expect(next.operations.discard('cart/1')).rejects.toMatchObject({ code: 'ERR_ONCEWARD_WRONG_STATE' });
      // And its key ages: two days later it is not sent again.
      await world.clock.advance('2d');
      await next.operations.resume();
      expect(await told(charge(next, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-expired');
      expect(world.server.arrivals).toHaveLength(when === 'before' ? 0 : 1);
    },
  );
});
