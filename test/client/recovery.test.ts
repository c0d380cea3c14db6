import { describe, expect, test } from 'vitest';
import { ietf, type ProfileData, type Recovery } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, makeWorld, told, toldOutcome, type World } from '../timelines/support/world.ts';

const plain = ietf({ keyLifetime: '24h' });
const POINTER: Recovery = { url: '{path}/{pointer}', pointer: 'links.id', accept: { status: 200 }, when: 'named' };
const LOOK_UP: Recovery = { url: '{path}?key={key}', accept: { json: { path: 'data.*.id' } }, when: 'doubt' };
const conflict: ProfileData['rules'] = [{ when: { status: 409 }, means: 'recover' }];
const says = (status: number, body?: unknown) => ({ effect: false, answer: { status, body } });
const client = (world: World, change: Partial<ProfileData>) =>
  world.client({ profile: profileOf({ ...plain.data, ...change }) });
const asked = ({ server }: World) => server.arrivals.map(({ method, path }) => `${method} ${path}`);

describe('an answer that points to what exists', () => {
  test('is fetched: that is the outcome', async () => {
    const world = await makeWorld('memory');
    world.server.script(
      { answer: 'reset' },
      says(409, { links: { id: 'PM/1' } }),
      says(503),
      says(200, { id: 'PM/1' }),
    );
    const shop = client(world, { recover: POINTER, rules: conflict });
    expect(await told(charge(shop, 'cart/1', 5))).toBe('200 {"id":"PM/1"}');
    expect(await toldOutcome(shop.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(asked(world)).toEqual(['POST /charges', 'POST /charges', 'GET /charges/PM%2F1', 'GET /charges/PM%2F1']);
    expect(world.server.charges).toHaveLength(1);
  });

  test.each([
    ['is not there', says(404)],
    ['is a page', { effect: false, answer: { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' } }],
  ])('but %s: in doubt, with the answer that pointed', async (_, found) => {
    const world = await makeWorld('memory');
    world.server.script({ answer: 'reset' }, says(409, { links: { id: 1 } }), found);
    const shop = client(world, { recover: POINTER, rules: conflict });
    const outcome = await charge(shop, 'cart/1', 5).outcome();
    expect(outcome).toMatchObject({ status: 'in-doubt', reason: 'unproved-rejection', response: { status: 409 } });
  });

  test('without a pointer: in doubt', async () => {
    const world = await makeWorld('memory');
    world.server.script({ answer: 'reset' }, says(409, {}));
    const shop = client(world, { recover: POINTER, rules: conflict });
    expect(await told(charge(shop, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
  });
});

test('an answer that says "done" without a result: succeeded, without a response', async () => {
  const world = await makeWorld('memory');
  world.server.script({ answer: 'reset' }, says(409, { reason: 'exists' }));
  const shop = client(world, { rules: [{ when: { status: 409 }, means: 'done' }] });
  const outcome = await charge(shop, 'cart/1', 5).outcome();
  expect(outcome).toMatchObject({ status: 'succeeded', effect: 'done', source: 'recovered', response: undefined });
});

describe('a look-up by key before any doubt', () => {
  test('finds it: succeeded', async () => {
    const world = await makeWorld('memory');
    world.server.script({ answer: 'reset' }, says(404), says(200, { data: [{ id: 'ch_1' }] }));
    const shop = client(world, { recover: LOOK_UP });
    expect(await told(charge(shop, 'cart/1', 5))).toBe('200 {"data":[{"id":"ch_1"}]}');
    expect(asked(world)[2]).toBe(`GET /charges?key=${world.server.keys()[0]}`);
  });

  test.each([
    ['its own object', (key: string) => key, 'succeeded done recovered'],
    ["a stranger's, because the query was dropped on the way", () => 'other', 'in-doubt possible unproved-rejection'],
  ])('finds %s', async (_, keyOf, expected) => {
    const world = await makeWorld('memory');
    const look = () => says(200, { data: [{ id: 'ch_1', key: keyOf(world.server.keys()[0] ?? '') }] });
    world.server.script({ answer: 'reset' }, says(404), look);
    const shop = client(world, { recover: { ...LOOK_UP, keyAt: 'data.*.key' } });
    expect(await toldOutcome(charge(shop, 'cart/1', 5).outcome())).toBe(expected);
  });

  test('is not made of a key that belongs to another request: what it finds would be that one', async () => {
    const world = await makeWorld('memory');
    const mismatch = { title: 'Idempotency-Key is already used' };
    const headers = { 'content-type': 'application/problem+json' };
    world.server.script({ effect: false, answer: { status: 422, headers, body: mismatch } });
    world.server.always(says(200, { data: [{ id: 'theirs' }] }));
    const shop = client(world, { recover: LOOK_UP });
    expect(await told(charge(shop, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-mismatch');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('finds nothing: in doubt, for the reason it was asked', async () => {
    const world = await makeWorld('memory');
    world.server.script({ answer: 'reset' }, says(404), says(200, { data: [] }));
    const outcome = await charge(client(world, { recover: LOOK_UP }), 'cart/1', 5).outcome();
    expect(outcome).toMatchObject({ status: 'in-doubt', reason: 'unproved-rejection', response: { status: 404 } });
    expect(world.server.arrivals).toHaveLength(3);
  });

  test('also where the key has expired, and a restart goes on with it', async () => {
    const world = await makeWorld('file');
    world.server.script({ answer: 'silence' });
    const first = client(world, { recover: LOOK_UP });
    void told(charge(first, 'cart/1', 5));
    await expect.poll(() => world.server.arrivals.length).toBe(1);
    await first.close({ timeout: 0 });
    await world.clock.advance('2d');
    world.server.script(says(200, { data: [{ id: 'ch_1' }] }));
    const next = client(world, { recover: LOOK_UP });
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done recovered');
  });
});
