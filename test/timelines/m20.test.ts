import { expect, test } from 'vitest';
import { assembleClient } from '../../src/core/client.ts';
import { createClient, memoryJournal } from '../../src/index.node.ts';
import { nodePlatform } from '../../src/node/platform.ts';
import { ietf } from '../../src/profiles/index.ts';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome, until } from './support/world.ts';

const says = (status: number, headers: Record<string, string> = {}, body?: unknown) => ({
  effect: false,
  answer: { status, headers, body },
});

test('M20: a platform that says offline for ever delays an attempt by one backoff cap, and refuses none', async () => {
  const world = await makeWorld('memory');
  const client = assembleClient(
    { profile: ietf({ keyLifetime: '24h' }), baseUrl: world.server.url, clock: world.clock, journal: memoryJournal() },
    {
      ...nodePlatform,
      online: () => false,
      send: (input, init) => globalThis.fetch(input, init),
      defaultJournal: undefined,
      base: () => undefined,
    },
  );
  const start = world.clock.now();
  const call = told(charge(client, 'cart/1', 5));
  await until(async () => (await client.operations.get('cart/1'))?.waiting === 'offline', 'offline');
  expect(world.server.arrivals).toEqual([]);
  expect(await client.operations.get('cart/1')).toMatchObject({ effect: 'none' });
  expect(await inTime(world, call)).toBe('201 {"charge":1}');
  expect(world.clock.now() - start).toBeLessThan(35_000);
  await client.close();
});

for (const kind of JOURNALS) {
  test(`M22: a 308 is stored, then followed; the next process goes where it pointed (${kind})`, async () => {
    const world = await makeWorld(kind);
    world.server.script(
      says(308, { location: '/v2/charges' }),
      { answer: 'reset' },
      says(503, { 'retry-after': '50' }),
    );
    const first = world.client({ waitTimeout: 0 });
    await told(charge(first, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 3, 'asked at the new address');
    const next = await world.restart(first, { waitTimeout: '10m' });
    await next.operations.resume();
    expect(await inTime(world, toldOutcome(next.operations.outcome('cart/1')))).toBe('succeeded done replay');
    expect(world.server.arrivals.map(({ path }) => path)).toEqual(['/charges', ...Array(3).fill('/v2/charges')]);
    expect(new Set(world.server.arrivals.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test(`M22: a 301 names both addresses and is not followed; after a lost answer it proves nothing (${kind})`, async () => {
    const world = await makeWorld(kind);
    const moved = says(301, { location: '/charges/' });
    world.server.script(moved, { answer: 'reset' }, moved);
    const client = world.client();
    const error = await charge(client, 'cart/1', 5).then(undefined, (reason: unknown) => reason);
    const { url } = world.server;
    expect(error).toMatchObject({
      name: 'RedirectError',
      effect: 'none',
      from: `${url}/charges`,
      to: `${url}/charges/`,
    });
    expect(await told(charge(client, 'cart/2', 5))).toBe('InDoubtError IN_DOUBT possible redirect');
    expect(world.server.arrivals.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });

  test(`M22: a 303 was carried out; its result lost, that is not known (${kind})`, async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: { status: 303, headers: { location: '/receipts/1' } } }, says(410));
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible redirect');
    expect(world.server.arrivals.map(({ method, path, key }) => [method, path, key !== undefined])).toEqual([
      ['POST', '/charges', true],
      ['GET', '/receipts/1', false],
    ]);
  });
}

test.each(['ky', 'hooks', 'timeout', 'prefix'])(
  'M23: %s is refused: nothing may change bytes or key between attempts, or throw away an answer',
  (name) => {
    const options = { profile: ietf({ keyLifetime: '24h' }), [name]: {} };
    expect(() => createClient(options)).toThrow(expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION' }));
  },
);

test('M23: a fetch of the caller that fails after the answer was there: possible, and asked again', async () => {
  const world = await makeWorld('memory');
  let failures = 1;
  const client = world.client({
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      if (failures-- > 0) throw new Error('ForceRetryError');
      return response;
    },
  });
  expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
  expect(new Set(world.server.keys()).size).toBe(1);
  expect(world.server.charges).toHaveLength(1);
});

test.each(['post', 'put', 'delete'] as const)(
  'M23: nothing below the operation repeats or gives up on its own: each %s that left is one of its attempts, bytes and key alike',
  async (method) => {
    const world = await makeWorld('memory');
    // A dead connection is what ky repeats by itself, below us; its answers it hands on.
    const dead = { effect: false, answer: 'reset' } as const;
    world.server.script(dead, says(500), dead, says(429), says(502), dead);
    const attempts: number[] = [];
    const client = world.client({
      authorize: ({ attempt }) => {
        attempts.push(attempt);
        return { authorization: `attempt ${attempt}` };
      },
    });
    const call = client[method]('/charges', { once: 'cart/1', json: { amount: 5 } });
    expect(await told(call)).toBe('201 {"charge":1}');
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(world.server.arrivals.map(({ headers }) => headers['authorization'])).toEqual(
      attempts.map((attempt) => `attempt ${attempt}`),
    );
    expect(new Set(world.server.arrivals.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  },
);
