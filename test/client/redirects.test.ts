import { describe, expect, test } from 'vitest';
import { charge, makeWorld, told, toldOutcome, until } from '../timelines/support/world.ts';

const to = (status: number, location: string) => ({ effect: false, answer: { status, headers: { location } } });
const DOUBT = 'InDoubtError IN_DOUBT possible redirect';

describe.each([307, 308])('%i', (status) => {
  test('of the same origin is followed with the same method, key and bytes', async () => {
    const world = await makeWorld('memory');
    world.server.script(to(status, '/v2/charges'));
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('201 {"charge":1}');
    const [first, second] = world.server.arrivals;
    expect(second).toMatchObject({ method: 'POST', path: '/v2/charges', key: first?.key, body: first?.body });
  });

  test('is stored before it is followed: a restart sends to the new address', async () => {
    const world = await makeWorld('file');
    world.server.script(to(status, '/v2/charges'), { answer: 'reset' });
    world.server.always({ effect: false, answer: { status: 503, headers: { 'retry-after': '86400' } } });
    const first = world.client({ waitTimeout: 0 });
    await told(charge(first, 'cart/1', 5));
    await until(() => world.server.arrivals.length >= 2, 'followed');
    world.server.always({});
    const next = await world.restart(first);
    await next.operations.resume();
    await next.operations.wake();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toMatch(/^succeeded done/);
    expect(world.server.arrivals.map(({ path }) => path)).toEqual([
      '/charges',
      ...Array.from({ length: world.server.arrivals.length - 1 }, () => '/v2/charges'),
    ]);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('to another origin is not followed: the body would go to strangers', async () => {
    const world = await makeWorld('memory');
    world.server.script(to(status, 'https://elsewhere.example/charges'));
    const client = world.client({ trustedOrigins: ['https://elsewhere.example'] });
    expect(await told(charge(client, 'cart/1', 5))).toBe(DOUBT);
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('in a circle ends', async () => {
    const world = await makeWorld('memory');
    world.server.always(to(status, '/charges'));
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe(DOUBT);
    expect(world.server.arrivals).toHaveLength(6);
  });

  test('leaves "nothing happened" as it was: a first refusal at the new address is a rejection', async () => {
    const world = await makeWorld('memory');
    world.server.script(to(status, '/v2/charges'), { effect: false, answer: { status: 402, body: { error: 'no' } } });
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('HTTPError HTTP none 402');
  });

  test('does not make a lost answer unhappen', async () => {
    const world = await makeWorld('memory');
    const refusal = { effect: false, answer: { status: 402, body: { error: 'no' } } } as const;
    world.server.script({ answer: 'reset' }, to(status, '/v2/charges'), refusal);
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
  });
});

test.each([301, 302])('%i names both addresses, and is not followed', async (status) => {
  const world = await makeWorld('memory');
  world.server.script(to(status, '/v2/charges?sig=secret'));
  const error = await charge(world.client(), 'cart/1', 5).then(undefined, (reason: unknown) => reason);
  expect(error).toMatchObject({
    name: 'RedirectError',
    effect: 'none',
    from: `${world.server.url}/charges`,
    to: `${world.server.url}/v2/charges`,
  });
  expect(world.server.arrivals).toHaveLength(1);
});
