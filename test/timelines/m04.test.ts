import { describe, expect, test } from 'vitest';
import type { Accepted } from '../../src/core/profile.ts';
import { ietf } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, inTime, JOURNALS, makeWorld, timePasses, told, toldOutcome, type World } from './support/world.ts';

const MONITOR = { 'operation-location': '/operations/1?sig=capability' };
const POLL = 'GET /operations/1?sig=capability';
const accepted = (headers: Readonly<Record<string, string>> = {}) => ({
  answer: { status: 202, headers, body: { state: 'accepted' } },
});
const says = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  effect: false,
  answer: { status, body, headers },
});
const running = says(200, { status: 'Running' });
const GONE = says(404, { error: 'no such operation' });

const options = (what: Accepted, keyLifetime: '24h' | '30m' = '24h') => ({
  profile: ietf({ keyLifetime, accepted: what }),
  waitTimeout: Number.POSITIVE_INFINITY,
});

/** Every request as `GET /path`, and a POST with whether it carried the key. */
const asked = ({ server }: World): readonly string[] =>
  server.arrivals.map(({ method, path, key }) => `${method} ${path}${key ? ' key' : ''}`);

/** One POST, whatever was polled; or as many as said, all with the same key and bytes. */
function posted({ server }: World, count: number): void {
  const posts = server.arrivals.filter(({ method }) => method === 'POST');
  expect(posts).toHaveLength(count);
  expect(new Set(posts.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
  expect(server.charges).toHaveLength(1);
}

describe.each(JOURNALS)('%s', (kind) => {
  test('M4: where 202 is how success is said, one request is all', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted({ location: '/mails/1' }));
    const client = world.client();
    expect(await told(charge(client, 'mail/1', 5, { accepted: 'final' }))).toBe('202 {"state":"accepted"}');
    expect(asked(world)).toEqual(['POST /charges key']);
  });

  test.each([
    ['byte for byte', {}, 2],
    ['marked as a replay', { 'idempotent-replayed': 'true' }, 1],
  ])('M4: a server that repeats its 202 for ever, %s, has given its answer', async (_, headers, requests) => {
    const world = await makeWorld(kind);
    world.server.always(accepted(headers));
    expect(await inTime(world, told(charge(world.client(options('reask')), 'cart/1', 5)))).toBe(
      '202 {"state":"accepted"}',
    );
    posted(world, requests);
  });

  test('M4: Location may name the resource: asked again with the key, it is not polled', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted({ location: '/charges/1' }), accepted({ location: '/charges/1' }), {});
    expect(await inTime(world, told(charge(world.client(options('reask')), 'cart/1', 5)))).toBe('201 {"charge":1}');
    posted(world, 3);
    expect(asked(world)).not.toContain('GET /charges/1');
  });

  test('M4: 202 and a running status wait, a 303 leads to the result, and that is the response', async () => {
    const world = await makeWorld(kind);
    const done = says(303, undefined, { location: '/charges/1' });
    world.server.script(accepted(MONITOR), running, says(202), done, says(200, { charge: 1, state: 'paid' }));
    const client = world.client(options('monitor'));
    expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe('200 {"charge":1,"state":"paid"}');
    expect(asked(world)).toEqual(['POST /charges key', POLL, POLL, POLL, 'GET /charges/1']);
    posted(world, 1);
  });

  test('M4: a 200 without a status is what Location led to: the result', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted({ location: '/charges/1' }), says(200, { charge: 1 }));
    expect(await inTime(world, told(charge(world.client(options('monitor')), 'cart/1', 5)))).toBe('200 {"charge":1}');
    posted(world, 1);
  });

  test('M4: "failed" is a refusal only where the profile says that nothing happened then', async () => {
    const { profile } = options('monitor');
    const toldOf = async (of: typeof profile) => {
      const world = await makeWorld(kind);
      world.server.script(accepted(MONITOR), says(200, { status: 'Failed' }));
      const answer = await inTime(world, told(charge(world.client({ profile: of }), 'cart/1', 5)));
      posted(world, 1);
      return answer;
    };
    expect(await toldOf(profile)).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    expect(await toldOf(profileOf({ ...profile.data, monitorFailure: 'rejected' }))).toBe('HTTPError HTTP none 200');
  });

  test.each([404, 410])(
    'M4: the monitor dies (%i): the key still stands for the charge, and is asked once',
    async (status) => {
      const world = await makeWorld(kind);
      world.server.script(accepted(MONITOR), running, says(status), {});
      const client = world.client(options('monitor'));
      expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe('201 {"charge":1}');
      expect(asked(world)).toEqual(['POST /charges key', POLL, POLL, 'POST /charges key']);
      posted(world, 2);
    },
  );

  test('M4: dies a second time: in doubt, for nobody can say more', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted(MONITOR), GONE, accepted(MONITOR), GONE);
    const client = world.client(options('monitor'));
    expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe('InDoubtError IN_DOUBT possible monitor-lost');
    posted(world, 2);
    expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible monitor-lost');
    posted(world, 2);
  });

  test('M4: dies after the key is forgotten: in doubt, and no second charge', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted(MONITOR));
    world.server.always(says(200, { status: 'Running' }, { 'retry-after': '50' }));
    const client = world.client(options('monitor', '30m'));
    const call = told(charge(client, 'cart/1', 5));
    await timePasses(world, () => world.server.arrivals.length > 1, 'the monitor was asked');
    await world.clock.advance('31m');
    world.server.forgetKeys();
    world.server.always(GONE);
    expect(await inTime(world, call)).toBe('InDoubtError IN_DOUBT possible monitor-lost');
    posted(world, 1);
  });

  test('M4: an operation may take longer than the key lives, and longer than a process: polling goes on', async () => {
    const world = await makeWorld(kind);
    world.server.script(accepted(MONITOR));
    world.server.always(says(200, { status: 'Running' }, { 'retry-after': '50' }));
    const first = world.run(options('monitor', '30m'));
    void told(charge(first.client, 'cart/1', 5));
    await timePasses(world, () => world.server.arrivals.length > 1, 'the monitor was asked');
    first.kill();
    await world.clock.advance('2h');
    world.server.forgetKeys();
    world.server.always(says(200, { status: 'Succeeded', charge: 1 }));
    const next = world.client(options('monitor', '30m'));
    const [found] = await next.operations.resume();
    expect(found).toMatchObject({ id: 'cart/1', status: 'pending', effect: 'possible' });
    // The address may be all that is needed to read the result.
    expect(JSON.stringify(found)).not.toContain('capability');
    expect(await inTime(world, toldOutcome(next.operations.outcome('cart/1')))).toMatch(/^succeeded done/);
    expect(await told(charge(next, 'cart/1', 5))).toBe('200 {"status":"Succeeded","charge":1}');
    posted(world, 1);
  });
});
