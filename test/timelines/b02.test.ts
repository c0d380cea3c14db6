import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome, type World } from './support/world.ts';

const UNPROVED = 'InDoubtError IN_DOUBT possible unproved-rejection';
const LOST = { answer: 'reset' } as const;
const json = (status: number, body: unknown = { error: 'no' }) => ({ effect: false, answer: { status, body } });
const html = (status: number) => ({
  effect: false,
  answer: { status, headers: { 'content-type': 'text/html' }, body: '<h1>No</h1>' },
});

/** The name stays in doubt, for everybody, and no second key was ever made. */
async function staysInDoubt(world: World, requests: number): Promise<void> {
  expect(await told(charge(world.client(), 'cart/1', 5))).toBe(UNPROVED);
  expect(await told(charge(world.client(), 'cart/1', 6, { retryRejected: true }))).toBe(UNPROVED);
  expect(world.server.arrivals).toHaveLength(requests);
  expect(new Set(world.server.keys()).size).toBe(1);
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B2: a 409 "already created" after a lost success is not a refusal: one key, one charge', async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST);
    world.server.always(json(409, { error: 'already created' }));
    const client = world.client({ waitTimeout: Number.POSITIVE_INFINITY });
    expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe(UNPROVED);
    await staysInDoubt(world, world.server.arrivals.length);
    expect(world.server.charges).toHaveLength(1);
  });

  test("B2: the same where the API's 409 are said to be its own refusals", async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST, json(409));
    const profile = ietf({ keyLifetime: '24h', conflict: 'final' });
    expect(await told(charge(world.client({ profile }), 'cart/1', 5))).toBe(UNPROVED);
    await staysInDoubt(world, 2);
    expect(world.server.charges).toHaveLength(1);
  });

  test.each([
    ['400 of a proxy', html(400)],
    ['400', json(400)],
    ['402', json(402)],
    ['403 of a firewall', html(403)],
    ['404 of a half-deployed route', json(404)],
    ['422', json(422)],
  ])('B2: after a lost success, a %s proves nothing', async (_, step) => {
    const world = await makeWorld(kind);
    world.server.script(LOST, step);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe(UNPROVED);
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('in-doubt possible unproved-rejection');
    await staysInDoubt(world, 2);
    expect(world.server.charges).toHaveLength(1);
  });

  test.each([
    ['402 as JSON', json(402), 'HTTPError HTTP none 402'],
    ['400 as HTML', html(400), UNPROVED],
    ['403', json(403), UNPROVED],
    ['451', json(451), UNPROVED],
  ])('B2: to a first attempt, a %s is the answer: %#', async (_, step, expected) => {
    const world = await makeWorld(kind);
    world.server.script(step);
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe(expected);
    expect(world.server.arrivals).toHaveLength(1);
    // A copy that was sent again below us may be behind a first 400 too: nothing goes out until somebody asks for a new round.
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe(expected);
    expect(world.server.arrivals).toHaveLength(1);
  });
});
