import { describe, expect, test } from 'vitest';
import { createMock, type LogLine, type Mock, type MockOptions } from '../../src/mock/index.ts';
import {
  adyen,
  azureRepeatable,
  gocardless,
  ietf,
  increase,
  modernTreasury,
  type Profile,
  type ProfileData,
  paypal,
  square,
  stripeV1,
} from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { BASE, post } from './support/transports.ts';

const MINUTE = 60_000;
const KEY = '0b9c3e2a-6a53-4c1a-9d0e-2f1f6f1f6f1f';

const plain = ietf({ keyLifetime: '24h' });
const profileWith = (change: Partial<ProfileData>): Profile => profileOf({ ...plain.data, ...change });

interface Api {
  readonly mock: Mock;
  readonly log: readonly LogLine[];
  send(path: string, init: RequestInit): Promise<Response>;
  outcomes(): readonly string[];
}

function api(profile: Profile, options: MockOptions = {}): Api {
  const log: LogLine[] = [];
  const mock = createMock({ baseUrl: BASE, profile, log: (line) => log.push(line), ...options });
  return { mock, log, send: (path, init) => mock.fetch(path, init), outcomes: () => log.map(({ outcome }) => outcome) };
}

describe('a key in the JSON body', () => {
  const body = (text: string): RequestInit => ({
    method: 'POST',
    body: text,
    headers: { 'content-type': 'application/json' },
  });

  test('is no part of what is compared, wherever it stands', async () => {
    const { send, outcomes } = api(square);
    await send('/v2/refunds', body(`{"idempotency_key":"${KEY}","amount":1}`));
    await send('/v2/refunds', body(`{"amount":1,"idempotency_key":"${KEY}"}`));
    await send('/v2/refunds', body(`{"amount":2,"idempotency_key":"${KEY}"}`));
    expect(outcomes()).toEqual(['executed', 'replayed', 'mismatch']);
  });

  test.each([
    ['a number', '{"idempotency_key":1}', 'malformed-key'],
    ['nothing', '{"idempotency_key":""}', 'malformed-key'],
    ['further in', '{"payment":{"idempotency_key":"k"}}', 'missing-key'],
    ['in a list', '[{"idempotency_key":"k"}]', 'missing-key'],
    ['a member every object has', '{}', 'missing-key'],
  ])('%s', async (_what, text, outcome) => {
    const { send, outcomes } = api(square);
    await send('/v2/refunds', body(text));
    expect(outcomes()).toEqual([outcome]);
  });

  test('a form has none', async () => {
    const { send, outcomes } = api(square);
    await send('/v2/refunds', { method: 'POST', body: new URLSearchParams({ idempotency_key: 'k' }) });
    expect(outcomes()).toEqual(['missing-key']);
  });
});

test.each([
  ['in quotes', '"key-1"', 'executed'],
  ['bare', 'key-1', 'malformed-key'],
  ['half in quotes', '"key-1', 'malformed-key'],
  ['twice', '"key-1", "key-1"', 'malformed-key'],
  ['empty', '""', 'malformed-key'],
])('sf-string: a key %s', async (_what, value, outcome) => {
  const { mock, send, outcomes } = api(ietf({ keyLifetime: '24h', encoding: 'sf-string' }));
  await send('/charges', post({}, { 'idempotency-key': value }));
  expect(outcomes()).toEqual([outcome]);
  expect(mock.ledger().map(({ key }) => key)).toEqual(outcome === 'executed' ? ['key-1'] : []);
});

describe('what differs by route', () => {
  test.each<[path: string, minutes: number]>([
    ['/v2/checkout/orders/1/capture', 6 * 60],
    ['/v2/payments/captures/1/refund', 45 * 24 * 60],
    ['/v3/vault/payment-tokens', 3 * 60],
  ])('the lifetime: %s %i minutes', async (path, minutes) => {
    const { mock, send } = api(paypal);
    await send(path, post({}, { 'paypal-request-id': KEY }));
    const [entry] = mock.ledger();
    expect((entry?.expiresAt ?? 0) - (entry?.firstSeenAt ?? 0)).toBe(minutes * MINUTE);
  });

  test('the length', async () => {
    const { send, outcomes } = api(paypal);
    for (const [path, letter] of [
      ['/v3/vault/setup-tokens', 'a'],
      ['/v2/checkout/orders', 'b'],
      ['/v1/payments/payouts', 'c'],
    ] as const) {
      await send(path, post({}, { 'paypal-request-id': letter.repeat(108) }));
    }
    expect(outcomes()).toEqual(['malformed-key', 'executed', 'executed']);
  });

  test('whether it is required', async () => {
    const { send, outcomes } = api(square);
    for (const path of ['/v2/payments', '/v2/customers']) await send(path, post({}, {}));
    expect(outcomes()).toEqual(['missing-key', 'unprotected']);
  });

  test.each([
    ['no', 'PUT'],
    ['unknown', 'PATCH'],
  ])('whether it is honoured: %s is not', async (_fact, method) => {
    const { mock, send, outcomes } = api(modernTreasury);
    const init = { ...post({}, { 'idempotency-key': KEY }), method };
    for (let repeat = 0; repeat < 2; repeat += 1) await send('/api/payment_orders/1', init);
    expect(outcomes()).toEqual(['unprotected', 'unprotected']);
    expect(mock.ledger()).toEqual([]);
  });

  test('keyLifetime is for every route', async () => {
    const { mock, send } = api(paypal, { keyLifetime: '10m' });
    await send('/v2/checkout/orders', post({}, { 'paypal-request-id': KEY }));
    const [entry] = mock.ledger();
    expect((entry?.expiresAt ?? 0) - (entry?.firstSeenAt ?? 0)).toBe(10 * MINUTE);
  });
});

test('a lifetime from the completion begins when the answer is stored', async () => {
  const gate = Promise.withResolvers<Response>();
  const { mock, send, outcomes } = api(modernTreasury, { routes: { 'POST /api/things': () => gate.promise } });
  const init = post({}, { 'idempotency-key': KEY });
  const first = send('/api/things', init);
  await expect.poll(() => mock.effects().length).toBe(1);
  await mock.clock.advance('2h');
  gate.resolve(Response.json({ id: 'x' }));
  await first;
  await mock.clock.advance('23h');
  await send('/api/things', init);
  await mock.clock.advance('61m');
  await send('/api/things', init);
  expect(outcomes()).toEqual(['executed', 'replayed', 'executed']);
});

describe('the time of the first send', () => {
  const rooms = (at: number | string | undefined, key = KEY): RequestInit => {
    const sent = typeof at === 'number' ? new Date(at).toUTCString() : at;
    return post(
      {},
      { 'repeatability-request-id': key, ...(sent !== undefined && { 'repeatability-first-sent': sent }) },
    );
  };

  test.each([
    ['missing', undefined],
    ['no date', 'yesterday'],
    ['a date of another form', '2026-01-01T00:00:00Z'],
  ])('%s: malformed', async (_what, at) => {
    const { mock, send, outcomes } = api(azureRepeatable);
    const answer = await send('/rooms', rooms(at));
    expect([answer.status, outcomes()]).toEqual([400, ['malformed-key']]);
    expect(mock.effects()).toEqual([]);
  });

  test('the lifetime counts from it, and a key too old is refused, known or not', async () => {
    const { mock, send, outcomes } = api(azureRepeatable);
    const at = mock.clock.now() - 3 * MINUTE;
    await send('/rooms', rooms(at));
    expect(mock.ledger()[0]?.expiresAt).toBe(Math.floor(at / 1000) * 1000 + 5 * MINUTE);
    await mock.clock.advance('110s');
    await send('/rooms', rooms(at));
    await mock.clock.advance('11s');
    const known = await send('/rooms', rooms(at));
    const unknown = await send('/rooms', rooms(at, crypto.randomUUID()));
    expect(outcomes()).toEqual(['executed', 'replayed', 'expired', 'expired']);
    for (const { status, headers } of [known, unknown]) {
      expect([status, headers.get('repeatability-result')]).toEqual([412, 'rejected']);
    }
    expect(mock.effects()).toHaveLength(1);
  });

  test('another one is another request', async () => {
    const { mock, send, outcomes } = api(azureRepeatable);
    const now = mock.clock.now();
    await send('/rooms', rooms(now));
    await send('/rooms', rooms(now - MINUTE));
    expect(outcomes()).toEqual(['executed', 'mismatch']);
  });
});

describe('what is kept under the key', () => {
  const FACTS = { success: 'no', clientErrors: 'no', serverErrors: 'no', validation: 'no' } as const;
  const KINDS = {
    success: [200, 202, 303],
    clientErrors: [402, 404, 412],
    serverErrors: [500, 503],
    validation: [400, 422],
  };

  test.each(Object.entries(KINDS))('%s: what the profile says, and unknown is no', async (kind, statuses) => {
    for (const fact of ['yes', 'no', 'unknown'] as const) {
      const { mock, send } = api(profileWith({ stores: { ...FACTS, [kind]: fact } }), {
        routes: { 'POST /:status': ({ params }) => new Response(null, { status: Number(params['status']) }) },
      });
      for (const status of Object.values(KINDS).flat()) {
        await send(`/${status}`, post({}, { 'idempotency-key': `${status}` }));
      }
      const kept = mock.ledger().flatMap(({ key, state }) => (state === 'stored' ? [Number(key)] : []));
      expect(kept).toEqual(fact === 'yes' ? statuses : []);
    }
  });

  test.each<[what: string, Profile, path: string, status: number, headers: Record<string, string>, kept: boolean]>([
    ['a 500 of Stripe', stripeV1, '/v1/charges', 500, {}, true],
    ['one that says: come back', stripeV1, '/v1/charges', 500, { 'stripe-should-retry': 'true' }, false],
    ['a 400 of Stripe', stripeV1, '/v1/charges', 400, {}, false],
    ['one that names its request', stripeV1, '/v1/charges', 400, { 'original-request': 'req_1' }, true],
    ['a 401', stripeV1, '/v1/charges', 401, {}, false],
    ['a 429', stripeV1, '/v1/charges', 429, {}, false],
    ['a 422 of Adyen', adyen, '/v72/payments', 422, {}, true],
    ['a transient one', adyen, '/v72/payments', 422, { 'transient-error': 'true' }, false],
  ])('%s', async (_what, profile, path, status, headers, kept) => {
    const handler = (): Response => Response.json({ error: {} }, { status, headers });
    const { mock, send } = api(profile, { routes: { [`POST ${path}`]: handler } });
    await send(path, post({}, { 'idempotency-key': KEY }));
    expect(mock.ledger()[0]?.state).toBe(kept ? 'stored' : 'free');
  });

  test.each([
    [422, {}, KEY],
    [422, { 'transient-error': 'true' }, null],
    [201, {}, KEY],
    [201, { 'idempotency-key': 'the handler knows better' }, 'the handler knows better'],
  ])('an answer with status %i and %j is marked as honoured: %s', async (status, headers, mark) => {
    const handler = (): Response => Response.json({}, { status, headers });
    const { send } = api(adyen, { routes: { 'POST /v72/payments': handler } });
    const answer = await send('/v72/payments', post({}, { 'idempotency-key': KEY }));
    expect(answer.headers.get('idempotency-key')).toBe(mark);
  });
});

describe('what was made can be read where the profile says so', () => {
  const created = (json: object) => (): Response => Response.json(json, { status: 201 });

  test('GoCardless: where the conflict points, longer than the key lives', async () => {
    const { mock, send, outcomes } = api(gocardless, {
      routes: { 'POST /payments': created({ payments: { id: 'PM"1' } }) },
    });
    const init = post({}, { 'idempotency-key': KEY });
    await send('/payments', init);
    const conflict = (await (await send('/payments', init)).json()) as {
      error: { errors: { links: { conflicting_resource_id: string } }[] };
    };
    const id = conflict.error.errors[0]?.links.conflicting_resource_id ?? '';
    expect(id).toBe('PM"1');
    await mock.clock.advance('1d');
    const found = await send(`/payments/${encodeURIComponent(id)}`, {});
    expect([found.status, await found.json()]).toEqual([200, { payments: { id: 'PM"1' } }]);
    expect((await send('/payments/PM2', {})).status).toBe(404);
    expect((await send(`/payments/${encodeURIComponent(id)}`, { headers: { authorization: 'x' } })).status).toBe(404);
    expect(outcomes().slice(2)).toEqual(['looked-up', 'not-found', 'not-found']);
  });

  test('PayPal: the order of a capture', async () => {
    const order = { id: 'O1', status: 'COMPLETED' };
    const { send } = api(paypal, { routes: { 'POST /v2/checkout/orders/O1/capture': created(order) } });
    expect((await send('/v2/checkout/orders/O1', {})).status).toBe(404);
    await send('/v2/checkout/orders/O1/capture', post({}, { 'paypal-request-id': KEY }));
    const found = await send('/v2/checkout/orders/O1', {});
    expect([found.status, await found.json()]).toEqual([200, order]);
  });

  test('Increase: a list by key, empty where there is nothing', async () => {
    const { send } = api(increase, {
      routes: { 'POST /ach_transfers': created({ id: 'a1' }), 'POST /cards': created({}) },
    });
    await send('/ach_transfers', post({}, { 'idempotency-key': KEY }));
    const list = async (path: string, headers = {}): Promise<unknown> => (await send(path, { headers })).json();
    expect(await list(`/ach_transfers?idempotency_key=${KEY}`)).toEqual({
      data: [{ id: 'a1', idempotency_key: KEY }],
    });
    expect(await list('/ach_transfers?idempotency_key=another')).toEqual({ data: [] });
    expect(await list(`/cards?idempotency_key=${KEY}`)).toEqual({ data: [] });
    expect(await list(`/ach_transfers?idempotency_key=${KEY}`, { authorization: 'x' })).toEqual({ data: [] });
    expect((await send('/ach_transfers', {})).status).toBe(404);
  });

  test('what failed is not there, and a route of the user comes first', async () => {
    const { send } = api(increase, {
      routes: { 'POST /cards': () => new Response(null, { status: 422 }), 'GET /mine': () => new Response('mine') },
    });
    await send('/cards', post({}, { 'idempotency-key': KEY }));
    expect(await (await send(`/cards?idempotency_key=${KEY}`, {})).json()).toEqual({ data: [] });
    expect(await (await send(`/mine?idempotency_key=${KEY}`, {})).text()).toBe('mine');
  });
});

test.each([
  [201, { id: 7 }, { status: 'Succeeded', result: { id: 7 } }],
  [402, { code: 'declined' }, { status: 'Failed', error: { code: 'declined' } }],
])('a monitor that tells a status: %i ends as %j', async (status, body, end) => {
  const gate = Promise.withResolvers<Response>();
  const { mock, send } = api(ietf({ keyLifetime: '24h', accepted: 'monitor' }), {
    inProgress: 'accepted',
    routes: { 'POST /charges': () => gate.promise },
  });
  const init = post({}, { 'idempotency-key': KEY });
  const first = send('/charges', init);
  await expect.poll(() => mock.effects().length).toBe(1);
  const accepted = await send('/charges', init);
  const monitor = accepted.headers.get('operation-location') ?? '';
  expect([accepted.status, accepted.headers.get('retry-after'), accepted.headers.get('location')]).toEqual([
    202,
    '1',
    null,
  ]);
  const running = await send(monitor, {});
  expect([running.status, running.headers.get('retry-after')]).toEqual([200, '1']);
  expect(await running.json()).toMatchObject({ status: 'Running' });
  gate.resolve(Response.json(body, { status }));
  await first;
  const ended = await send(monitor, {});
  expect([ended.status, ended.headers.get('retry-after')]).toEqual([200, null]);
  expect(await ended.json()).toEqual({ id: expect.any(String), ...end });
});

test('a page may send and read all that the profile needs', async () => {
  const { send } = api(azureRepeatable, { cors: 'https://shop.test' });
  const origin = { origin: 'https://shop.test' };
  const preflight = await send('/rooms', {
    method: 'OPTIONS',
    headers: { ...origin, 'access-control-request-method': 'POST' },
  });
  const allowed = preflight.headers.get('access-control-allow-headers')?.split(', ');
  expect(allowed).toEqual(expect.arrayContaining(['repeatability-request-id', 'repeatability-first-sent']));
  const answer = await send('/rooms', post({}, origin));
  const exposed = answer.headers.get('access-control-expose-headers')?.split(', ') ?? [];
  expect(exposed).toEqual(expect.arrayContaining(['repeatability-result', 'operation-location', 'retry-after']));
  expect(new Set(exposed).size).toBe(exposed.length);
});
