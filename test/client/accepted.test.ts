import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { charge, makeWorld, timePasses, told, toldOutcome, type World } from '../timelines/support/world.ts';

const profile = ietf({ keyLifetime: '24h', accepted: 'monitor' });
const OPTIONS = { profile, waitTimeout: Number.POSITIVE_INFINITY };
const accepted = (headers: Record<string, string>) => ({ answer: { status: 202, headers } });
const says = (status: number, body?: unknown, headers: Record<string, string> = {}) => ({
  effect: false,
  answer: { status, body, headers },
});
const running = says(200, { status: 'Running' });

/** One charge, walked to its end while time passes. */
async function walked(world: World, call: Promise<string>): Promise<string> {
  let end: string | undefined;
  void call.then((text) => {
    end = text;
  });
  await timePasses(world, () => end !== undefined, 'the operation ended');
  return end ?? '';
}
const asked = ({ server }: World) =>
  server.arrivals.map(({ method, path, key }) => `${method} ${path}${key ? ' key' : ''}`);

describe('a 202 that names a monitor', () => {
  test.each([
    ['Operation-Location', { 'operation-location': '/operations/1' }],
    ['Azure-AsyncOperation', { 'azure-asyncoperation': '/operations/1', location: '/elsewhere' }],
    ['Location', { location: 'operations/1' }],
  ])('%s: asked without the key until it has ended', async (_, headers) => {
    const world = await makeWorld('memory');
    world.server.script(accepted(headers), running, says(202), says(200, { status: 'Succeeded', id: 'ch_1' }));
    expect(await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)))).toBe(
      '200 {"status":"Succeeded","id":"ch_1"}',
    );
    const ask = 'GET /operations/1';
    expect(asked(world)).toEqual(['POST /charges key', ask, ask, ask]);
    expect(world.server.charges).toHaveLength(1);
  });

  test('a restart goes on asking, and sends nothing again', async () => {
    const world = await makeWorld('file');
    world.server.script(accepted({ 'operation-location': '/operations/1?sig=secret' }));
    world.server.always(running);
    const first = world.client({ ...OPTIONS, waitTimeout: 0 });
    await told(charge(first, 'cart/1', 5));
    await timePasses(world, () => world.server.arrivals.length > 2, 'the monitor was asked');
    const next = await world.restart(first, OPTIONS);
    world.server.always(says(200, { status: 'succeeded' }));
    const [found] = await next.operations.resume();
    expect(found).toMatchObject({ status: 'pending', effect: 'possible' });
    expect(JSON.stringify(found)).not.toContain('sig');
    expect(await walked(world, toldOutcome(next.operations.outcome('cart/1')))).toBe('succeeded done network');
    expect(asked(world).filter((line) => line.startsWith('POST'))).toHaveLength(1);
    const { records } = await world.journal().list('');
    expect(records[0]?.state).not.toHaveProperty('target');
  });

  test('what it tells is the progress of the operation', async () => {
    const world = await makeWorld('memory');
    world.server.script(accepted({ 'operation-location': '/operations/1' }));
    world.server.always(says(200, { status: 'Running', percentComplete: 40 }));
    const client = world.client({ ...OPTIONS, waitTimeout: 0 });
    await told(charge(client, 'cart/1', 5));
    const progress = async () => (await client.operations.get('cart/1'))?.progress;
    await timePasses(world, async () => (await progress())?.percent === 40, 'progress was told');
    expect(await progress()).toEqual({ percent: 40, data: { status: 'Running', percentComplete: 40 } });
    expect(await client.operations.get('cart/1')).toMatchObject({ waiting: 'accepted' });
  });

  test('it is asked no sooner than it says', async () => {
    const world = await makeWorld('memory');
    const times: number[] = [];
    const at = (answer: ReturnType<typeof says>) => () => {
      times.push(world.clock.now());
      return answer;
    };
    world.server.script(
      { answer: { status: 202, headers: { location: '/operations/1', 'retry-after': '20' } } },
      at(says(200, { status: 'running' }, { 'retry-after': '90' })),
      at(says(200, { status: 'done' })),
    );
    const start = world.clock.now();
    await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)));
    expect((times[0] ?? 0) - start).toBeGreaterThanOrEqual(20_000);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(90_000);
  });

  test.each([404, 410])('%i: asked again with the same key, once; then in doubt', async (status) => {
    const world = await makeWorld('memory');
    const lost = says(status);
    world.server.script(accepted({ location: '/operations/1' }), lost, accepted({ location: '/operations/2' }), lost);
    expect(await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)))).toBe(
      'InDoubtError IN_DOUBT possible monitor-lost',
    );
    expect(asked(world)).toEqual(['POST /charges key', 'GET /operations/1', 'POST /charges key', 'GET /operations/2']);
    expect(new Set(world.server.arrivals.filter(({ method }) => method === 'POST').map(({ key }) => key)).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('a failure it tells is a doubt, unless the API promises that nothing happened', async () => {
    const failed = says(200, { status: 'Failed', error: { code: 'declined' } });
    const tells = async (monitorFailure: 'doubt' | 'rejected') => {
      const world = await makeWorld('memory');
      world.server.script(accepted({ 'operation-location': '/operations/1' }), failed);
      const data = { ...profile.data, monitorFailure };
      return walked(world, told(charge(world.client({ ...OPTIONS, profile: { ...profile, data } }), 'cart/1', 5)));
    };
    expect(await tells('doubt')).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    expect(await tells('rejected')).toBe('HTTPError HTTP none 200');
  });

  test.each([
    ['a foreign origin', 'https://status.example/1'],
    ['a user name in it', 'http://user@localhost/1'],
    ['another scheme', 'file:///etc/passwd'],
    ['no address', 'http://'],
  ])('an address that must not be asked, %s: the request itself is repeated', async (_, location) => {
    const world = await makeWorld('memory');
    world.server.script(accepted({ location }));
    const call = told(charge(world.client(OPTIONS), 'cart/1', 5));
    expect(await walked(world, call)).toBe('201 {"charge":1}');
    expect(asked(world)).toEqual(['POST /charges key', 'POST /charges key']);
  });

  test('a trusted origin is asked, without credentials', async () => {
    const world = await makeWorld('memory');
    const seen: Request[] = [];
    const elsewhere: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      if (!request.url.startsWith('https://')) return fetch(request);
      seen.push(request);
      return Response.json({ status: 'Succeeded' });
    };
    world.server.script(accepted({ 'operation-location': 'https://status.example/1' }));
    const client = world.client({
      ...OPTIONS,
      fetch: elsewhere,
      trustedOrigins: ['https://status.example'],
      authorize: () => ({ authorization: 'Bearer token' }),
      headers: { accept: 'application/json', 'x-shop': 'one' },
      safeHeaders: ['x-shop'],
    });
    expect(await walked(world, told(charge(client, 'cart/1', 5)))).toBe('200 {"status":"Succeeded"}');
    expect(seen.map(({ method, url }) => [method, url])).toEqual([['GET', 'https://status.example/1']]);
    expect([...(seen[0]?.headers.keys() ?? [])]).toEqual(['accept']);
    expect(seen[0]?.credentials).toBe('omit');
  });

  test('a restart that trusts less does not ask there', async () => {
    const world = await makeWorld('memory');
    world.server.script(accepted({ 'operation-location': 'https://status.example/1' }));
    const send: typeof fetch = (input, init) =>
      new URL(input instanceof Request ? input.url : input).protocol === 'https:'
        ? Promise.reject(new TypeError('away'))
        : fetch(input, init);
    const first = world.client({ ...OPTIONS, waitTimeout: 0, fetch: send, trustedOrigins: ['https://status.example'] });
    await told(charge(first, 'cart/1', 5));
    await timePasses(world, async () => (await first.operations.get('cart/1'))?.waiting === 'accepted', 'accepted');
    const next = await world.restart(first, OPTIONS);
    await next.operations.resume();
    expect(await walked(world, toldOutcome(next.operations.outcome('cart/1')))).toBe('in-doubt possible monitor-lost');
  });

  test('a refusal of the credentials parks it, and asks with new ones', async () => {
    const world = await makeWorld('memory');
    let token = 'old';
    world.server.script(accepted({ location: '/operations/1' }), says(401), says(401));
    world.server.always(says(200, { status: 'done' }));
    const client = world.client({ ...OPTIONS, waitTimeout: '1h', authorize: () => ({ authorization: token }) });
    expect(await walked(world, told(charge(client, 'cart/1', 5)))).toBe(
      'StillPendingError STILL_PENDING possible credentials',
    );
    token = 'new';
    expect(await walked(world, told(charge(client, 'cart/1', 5)))).toBe('200 {"status":"done"}');
    expect(asked(world).filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  test('the key may expire meanwhile: asking is no sending', async () => {
    const world = await makeWorld('memory');
    world.server.script(accepted({ location: '/operations/1' }));
    world.server.always(says(200, { status: 'running' }, { 'retry-after': '172800' }));
    const client = world.client({ ...OPTIONS, waitTimeout: 0 });
    await told(charge(client, 'cart/1', 5));
    // Asked, and the long wait it was told is stored: else the time below would pass before it begins.
    const waitsADay = async () =>
      ((await client.operations.get('cart/1'))?.nextAttemptAt ?? 0) > world.clock.now() + 86_400_000;
    await timePasses(world, waitsADay, 'asked');
    await world.clock.advance('2d');
    world.server.always(says(200, { status: 'succeeded' }));
    expect(await walked(world, toldOutcome(client.operations.outcome('cart/1', { waitTimeout: '1d' })))).toBe(
      'succeeded done network',
    );
  });
});

test('303: the result is read where it points, without the key', async () => {
  const world = await makeWorld('memory');
  world.server.script(
    { answer: { status: 303, headers: { location: '/charges/1' } } },
    says(503),
    says(200, { id: 1 }),
  );
  expect(await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)))).toBe('200 {"id":1}');
  expect(asked(world)).toEqual(['POST /charges key', 'GET /charges/1', 'GET /charges/1']);
});

test.each([
  [{ status: 'failed' }, 'InDoubtError IN_DOUBT possible unproved-rejection'],
  [{ status: 'succeeded' }, '200 {"status":"succeeded"}'],
])('303 to something that still runs: asked until it ends, here as %j', async (end, expected) => {
  const world = await makeWorld('memory');
  const busy = says(202, { status: 'running' });
  world.server.script(
    { answer: { status: 303, headers: { location: '/jobs/1' } } },
    ...Array.from({ length: 9 }, () => busy),
    says(200, end),
  );
  expect(await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)))).toBe(expected);
  expect(world.server.arrivals).toHaveLength(11);
});

test('303 whose result cannot be read: in doubt', async () => {
  const world = await makeWorld('memory');
  world.server.script({ answer: { status: 303, headers: { location: '/charges/1' } } }, says(404));
  expect(await walked(world, told(charge(world.client(OPTIONS), 'cart/1', 5)))).toBe(
    'InDoubtError IN_DOUBT possible redirect',
  );
});
