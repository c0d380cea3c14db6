import { describe, expect, test } from 'vitest';
import { ietf, type Profile, type ProfileData } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, makeWorld, told, toldError, until } from '../timelines/support/world.ts';

const plain = ietf({ keyLifetime: '24h' });
const profileWith = (change: Partial<ProfileData>): Profile => profileOf({ ...plain.data, ...change });
const inBody = profileWith({ carrier: { kind: 'json-body', path: 'idempotency_key' } });

describe('a key in the body', () => {
  test('goes out first, in the bytes of the caller, the same on every attempt and after a restart', async () => {
    const world = await makeWorld('file');
    world.server.script(
      { effect: false, answer: 'reset' },
      { effect: false, answer: { status: 503, headers: { 'retry-after': '90' } } },
    );
    const options = {
      once: 'cart/1',
      body: ' {"amount": 1e2,"note":"ü"}',
      headers: { 'content-type': 'application/json' },
    };
    const first = world.client({ profile: inBody, waitTimeout: 0 });
    await told(first.post('/charges', options));
    await until(() => world.server.arrivals.length === 2, 'sent twice');
    const next = await world.restart(first, { profile: inBody, waitTimeout: '10m' });
    await world.clock.advance('2m');
    expect(await told(next.post('/charges', options))).toBe('201 {"charge":1}');
    const bodies = world.server.arrivals.map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/^\{"idempotency_key":"[0-9a-f-]{36}","amount": 1e2,"note":"ü"\}$/);
    expect(world.server.keys()).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ['no body', {}],
    ['a form', { body: new URLSearchParams({ amount: '1' }) }],
    ['a list', { json: [1] }],
    ['JSON that is called text', { body: '{"amount":1}' }],
    ['a member that is ours', { json: { idempotency_key: 'mine' } }],
  ])('%s: refused before anything is stored or sent', async (_, options) => {
    const world = await makeWorld('memory');
    const client = world.client({ profile: inBody });
    const error = await client
      .post('/charges', { once: 'cart/1', ...options })
      .then(undefined, (reason: unknown) => reason);
    expect(toldError(error)).toBe('UsageError INVALID_BODY none');
    expect(await client.operations.list()).toEqual([]);
    expect(world.server.arrivals).toEqual([]);
  });

  test('a route that does not take it gets the body as it is', async () => {
    const world = await makeWorld('memory');
    const profile = profileWith({
      carrier: { kind: 'json-body', path: 'idempotency_key' },
      routes: { 'POST /complete': 'no' },
    });
    const client = world.client({ profile });
    await told(client.post('/complete', { once: 'one', json: { idempotency_key: 'theirs' } }));
    await told(client.post('/complete', { once: 'two' }));
    expect(world.server.arrivals.map(({ body }) => body)).toEqual(['{"idempotency_key":"theirs"}', '']);
  });

  test('an empty object holds it too', async () => {
    const world = await makeWorld('memory');
    await told(world.client({ profile: inBody }).post('/charges', { once: 'cart/1', json: {}, key: 'k1' }));
    expect(world.server.arrivals[0]?.body).toBe('{"idempotency_key":"k1"}');
  });
});

test('sf-string: the key in quotes', async () => {
  const world = await makeWorld('memory');
  const profile = ietf({ keyLifetime: '24h', encoding: 'sf-string' });
  await told(charge(world.client({ profile }), 'cart/1', 5, { key: 'k1' }));
  expect(world.server.keys()).toEqual(['"k1"']);
});

test('the time of the first send goes out with the key, and never changes', async () => {
  const world = await makeWorld('file');
  const profile = profileWith({ firstSent: 'Repeatability-First-Sent' });
  world.server.script(
    { answer: 'reset' },
    { effect: false, answer: { status: 503, headers: { 'retry-after': '90' } } },
  );
  const first = world.client({ profile, waitTimeout: 0 });
  await world.clock.advance('1h');
  const before = world.clock.now();
  await told(charge(first, 'cart/1', 5));
  await until(() => world.server.arrivals.length === 2, 'sent twice');
  // Ended before the time it was told to wait has passed: else it may send once more by itself.
  const next = await world.restart(first, { profile });
  await world.clock.advance('2m');
  expect(await told(charge(next, 'cart/1', 5))).toBe('201 {"charge":1}');
  const times = world.server.arrivals.map(({ headers }) => headers['repeatability-first-sent'] ?? '');
  expect(times).toHaveLength(3);
  expect(new Set(times).size).toBe(1);
  // To the second: it is an HTTP date.
  expect(Date.parse(times[0] ?? '') - before).toBeGreaterThan(-1_000);
  expect(Date.parse(times[0] ?? '') - before).toBeLessThan(30_000);
});

test.each([
  ['no UUID', { key: { limit: 36, uuidOnly: true } }, 'cart-1-attempt-1'],
  ['too long on this route', { routes: { 'POST /charges': { honoured: 'yes', keyLimit: 10 } } }, 'k'.repeat(11)],
] as const)('a handed-in key that is %s is refused', async (_, change, key) => {
  const world = await makeWorld('memory');
  const call = charge(world.client({ profile: profileWith(change as Partial<ProfileData>) }), 'cart/1', 5, { key });
  expect(await told(call)).toBe('UsageError INVALID_OPTION none');
  expect(world.server.arrivals).toEqual([]);
});
