import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, told } from './support/world.ts';

describe.each(JOURNALS)('%s', (kind) => {
  test('B12: a dispatcher sends again below us and reports ECONNREFUSED: the request was received all the same', async () => {
    const world = await makeWorld(kind);
    const codes: unknown[] = [];
    // As RetryAgent, interceptors.retry and a patched global fetch do it: once more, and the last error is what is seen.
    const fetch: typeof globalThis.fetch = async (input, init) => {
      const again = (input as Request).clone();
      try {
        return await globalThis.fetch(input, init);
      } catch {
        return await globalThis.fetch(again, init).catch((error: Error) => {
          codes.push((error.cause as { code?: unknown }).code);
          throw error;
        });
      }
    };
    // Reads it all, charges, closes its listener, and resets.
    world.server.script(() => {
      world.server.stopListening();
      return { answer: 'reset' };
    });
    const retry = { limit: 1 + 1, maxDelay: '1m', baseDelay: 1 } as const;
    const run = world.run({ fetch, retry });
    expect(await told(charge(run.client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible backoff');
    expect(codes).toEqual(['ECONNREFUSED', 'ECONNREFUSED']);
    expect(world.server.charges).toHaveLength(1);
    expect(await run.client.operations.get('cart/1')).toMatchObject({ effect: 'possible' });
    await expect(run.client.operations.discard('cart/1')).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_WRONG_STATE',
      effect: 'possible',
    });
    run.kill();
    await world.server.listenAgain();
    const next = world.client();
    await next.operations.wake('cart/1');
    expect(await told(charge(next, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B12: a refused connection starts the life of the key, and does not cancel on abort', async () => {
    const world = await makeWorld(kind);
    world.server.stopListening();
    const cancel = new AbortController();
    const client = world.client({ retry: { baseDelay: '30s', maxDelay: '30s' }, random: noJitter });
    const call = told(charge(client, 'cart/1', 5, { signal: cancel.signal }));
    await expect.poll(async () => (await client.operations.get('cart/1'))?.waiting).toBe('backoff');
    cancel.abort();
    expect(await call).toBe('StillPendingError STILL_PENDING possible backoff');
    const next = await world.restart(client);
    await world.clock.advance('2d');
    expect(await told(charge(next, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-expired');
    expect(world.server.arrivals).toEqual([]);
  });
});

/** The longest backoff, every time. */
const noJitter = {
  bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)),
  fraction: () => 0.999,
};
