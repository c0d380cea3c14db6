import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome } from './support/world.ts';

const LOST = { answer: 'reset' } as const;
const says = (status: number, body?: unknown, headers: Record<string, string> = {}) => ({
  effect: false,
  answer: { status, body, headers },
});
const page = says(200, '<h1>Welcome to Hotel WiFi</h1>', { 'content-type': 'text/html' });
const PROBLEM = { 'content-type': 'application/problem+json' };

describe.each(JOURNALS)('%s', (kind) => {
  test('M1: a first 422 is a validation, and its own outcome', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(422, { errors: { email: 'is invalid' } }));
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('HTTPError HTTP none 422');
    // Other bytes are another round: the caller has mended the mistake.
    expect(await told(charge(client, 'cart/1', 6))).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(2);
  });

  test('M1: the same 422 after a lost answer proves nothing; only a named one is a mismatch', async () => {
    const world = await makeWorld(kind);
    const mismatch = says(422, { title: 'Idempotency-Key is already used' }, PROBLEM);
    world.server.script(LOST, says(422, { errors: {} }), LOST, mismatch);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    expect(await told(charge(client, 'cart/2', 5))).toBe('InDoubtError IN_DOUBT possible key-mismatch');
  });

  test("M2: a captive portal's page is no success: nothing was charged, and the request is asked again", async () => {
    const world = await makeWorld(kind);
    world.server.script(page, says(207, {}), says(206, {}));
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.charges).toHaveLength(1);
    expect(new Set(world.server.keys()).size).toBe(1);
  });

  test('M2: eight of them end in doubt, never in success', async () => {
    const world = await makeWorld(kind);
    world.server.always(page);
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible unreadable-response');
    expect(world.server.arrivals).toHaveLength(8);
  });

  test('M3: an empty body under a JSON type is whole', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: { status: 201, headers: { 'content-type': 'application/json' } } });
    const client = world.client();
    const error = await charge(client, 'cart/1', 5)
      .json()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ResponseBodyError', effect: 'done' });
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M3: JSON that does not parse is asked for once more: cut short, or really so', async () => {
    const world = await makeWorld(kind);
    const broken = { answer: { status: 201, headers: { 'content-type': 'application/json' }, body: '{"charge":' } };
    world.server.script(broken);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    world.server.script(broken, broken);
    expect(await told(charge(client, 'cart/2', 5))).toBe('201 {"charge":');
    expect(world.server.charges).toHaveLength(2);
  });

  test('M4: an API whose success is a 202', async () => {
    const world = await makeWorld(kind);
    world.server.always({ answer: { status: 202, body: { queued: true } } });
    const client = world.client();
    expect(await told(charge(client, 'mail/1', 5, { accepted: 'final' }))).toBe('202 {"queued":true}');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M4: a server that replays its 202 byte for byte, for ever: the second is the answer', async () => {
    const world = await makeWorld(kind);
    world.server.always({ answer: { status: 202, body: { queued: true } } });
    expect(await inTime(world, told(charge(world.client(), 'mail/1', 5)))).toBe('202 {"queued":true}');
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M4: polled, the terminal status is the outcome, and what failed is not called done', async () => {
    const world = await makeWorld(kind);
    const accepted = { answer: { status: 202, headers: { location: '/jobs/1' } } };
    const profile = ietf({ keyLifetime: '24h', accepted: 'monitor' });
    world.server.script(accepted, says(202), says(200, { status: 'failed' }));
    const client = world.client({ profile, waitTimeout: '10m' });
    expect(await inTime(world, told(charge(client, 'job/1', 5)))).toBe(
      'InDoubtError IN_DOUBT possible unproved-rejection',
    );
    expect(world.server.arrivals.map(({ method, key }) => `${method} ${key !== undefined}`)).toEqual([
      'POST true',
      'GET false',
      'GET false',
    ]);
  });
});
