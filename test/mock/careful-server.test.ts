import { afterEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/core/profile.ts';
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';
import { BASE, post, type Reached, TRANSPORTS, whole } from './support/transports.ts';

const DAY = 86_400_000;

interface Dialect {
  readonly profile: Profile;
  readonly mismatch: { status: number; says: string };
  readonly inProgress: { status: number; says: string };
  readonly missingKey: number;
  /** Of a handler's answer under a key: is it the answer of the second request too? */
  readonly stored: Readonly<Record<number, boolean>>;
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  ietf: {
    profile: ietf({ keyLifetime: '24h' }),
    mismatch: { status: 422, says: 'Idempotency-Key is already used' },
    inProgress: { status: 409, says: 'A request is outstanding' },
    missingKey: 400,
    stored: { 200: true, 204: true, 303: true, 402: false, 422: false, 429: false, 500: false, 503: false },
  },
  'ietf that stores client errors': {
    profile: ietf({ keyLifetime: '24h', storesClientErrors: true }),
    mismatch: { status: 422, says: 'Idempotency-Key is already used' },
    inProgress: { status: 409, says: 'A request is outstanding' },
    missingKey: 400,
    stored: { 200: true, 402: true, 422: true, 401: false, 429: false, 500: false },
  },
  'stripe-v1': {
    profile: stripeV1,
    mismatch: { status: 400, says: 'idempotency_error' },
    inProgress: { status: 409, says: 'idempotency_key_in_use' },
    missingKey: 201,
    stored: { 200: true, 402: true, 500: true, 401: false, 429: false },
  },
};

/** Every byte, and text that no decoder leaves alone. */
const BINARY = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

const ROUTES: NonNullable<MockOptions['routes']> = {
  'POST /v1/charges': ({ json }) => Response.json({ id: crypto.randomUUID(), json }, { status: 201 }),
  'POST /v1/binary': () => {
    const headers = new Headers({
      'content-type': 'application/octet-stream',
      etag: '"x"',
      'x-run': crypto.randomUUID(),
    });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2; Path=/');
    return new Response(BINARY, { headers });
  },
  'POST /v1/empty': () => new Response(null, { status: 204, headers: { 'x-run': crypto.randomUUID() } }),
  'POST /v1/status/:status': ({ params }) => {
    const status = Number(params['status']);
    const body = status === 204 || status === 303 ? null : JSON.stringify({ run: crypto.randomUUID() });
    return new Response(body, {
      status,
      headers: { 'x-run': crypto.randomUUID(), ...(status === 303 && { location: '/x' }) },
    });
  },
};

const CASES = Object.entries(DIALECTS).flatMap(([name, dialect]) =>
  (['fetch', 'http', 'msw'] as const).map((transport) => [name, transport, dialect] as const),
);

describe.each(CASES)('%s over %s', (_name, transport, dialect) => {
  let reached: Reached | undefined;

  afterEach(async () => {
    await reached?.close();
  });

  async function start(options: MockOptions = {}): Promise<{ mock: Mock; send: Send }> {
    const mock = createMock({ baseUrl: BASE, profile: dialect.profile, routes: ROUTES, ...options });
    const { fetch, url } = (reached = await TRANSPORTS[transport](mock));
    return { mock, send: (path, init) => fetch(`${url}${path}`, { redirect: 'manual', ...init }) };
  }

  test.each(['/v1/charges', '/v1/binary', '/v1/empty'])('replays %s three times, byte for byte', async (path) => {
    const { mock, send } = await start();
    const init = post({ amount: 1 }, { 'idempotency-key': 'k' });
    const first = await whole(await send(path, init));
    for (let repeat = 0; repeat < 3; repeat += 1) {
      const again = await whole(await send(path, init));
      expect(again.headers).toContainEqual(['idempotent-replayed', 'true']);
      expect({ ...again, headers: again.headers.filter(([name]) => name !== 'idempotent-replayed') }).toEqual(first);
    }
    expect(first.headers.map(([name]) => name)).not.toContain('idempotent-replayed');
    expect(mock.effects()).toHaveLength(1);
    expect(mock.ledger()).toMatchObject([{ key: 'k', state: 'stored', hits: 4, effects: 1 }]);
  });

  test('fifty duplicates at once run once', async () => {
    const gate = Promise.withResolvers<void>();
    const handler = async (): Promise<Response> => {
      await gate.promise;
      return Response.json({ id: 'ch_1' }, { status: 201 });
    };
    const { mock, send } = await start({ routes: { 'POST /v1/charges': handler } });
    const init = post({ amount: 1 }, { 'idempotency-key': 'k' });
    const sent = Array.from({ length: 50 }, async () => (await send('/v1/charges', init)).status);
    await expect.poll(() => mock.ledger()[0]?.hits, { timeout: 10_000 }).toBe(50);
    expect(mock.ledger()).toMatchObject([{ state: 'processing', hits: 50, effects: 1 }]);
    gate.resolve();
    const statuses = await Promise.all(sent);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === dialect.inProgress.status)).toHaveLength(49);
    expect(mock.effects('POST /v1/charges')).toHaveLength(1);
  });

  test('in progress is said as the profile says it', async () => {
    const gate = Promise.withResolvers<Response>();
    const { mock, send } = await start({ routes: { 'POST /v1/charges': () => gate.promise } });
    const init = post({}, { 'idempotency-key': 'key-1' });
    const first = send('/v1/charges', init);
    await expect.poll(() => mock.effects().length).toBe(1);
    const second = await send('/v1/charges', init);
    expect(second.status).toBe(dialect.inProgress.status);
    expect(await second.text()).toContain(dialect.inProgress.says);
    gate.resolve(Response.json({}));
    expect((await first).status).toBe(200);
  });

  test('the same key with another request is refused, and nothing runs', async () => {
    const { mock, send } = await start();
    await send('/v1/charges', post({ amount: 1 }, { 'idempotency-key': 'k' }));
    const others: [string, RequestInit][] = [
      ['/v1/charges', post({ amount: 2 }, { 'idempotency-key': 'k' })],
      ['/v1/empty', post({ amount: 1 }, { 'idempotency-key': 'k' })],
      ['/v1/charges?x=1', post({ amount: 1 }, { 'idempotency-key': 'k' })],
      ['/v1/charges', post({ amount: 1 }, { 'idempotency-key': 'k', 'content-type': 'application/vnd.x+json' })],
    ];
    for (const [path, init] of others) {
      const refused = await send(path, init);
      expect(refused.status).toBe(dialect.mismatch.status);
      expect(await refused.text()).toContain(dialect.mismatch.says);
    }
    expect(mock.effects()).toHaveLength(1);
    expect(mock.ledger()).toMatchObject([{ hits: 5, effects: 1, state: 'stored' }]);
  });

  test('a missing key is refused where the profile needs one, else the request runs unprotected', async () => {
    const { mock, send } = await start();
    for (let repeat = 0; repeat < 2; repeat += 1) {
      expect((await send('/v1/charges', post({}, {}))).status).toBe(dialect.missingKey);
    }
    expect(mock.effects()).toHaveLength(dialect.missingKey === 201 ? 2 : 0);
    expect(mock.ledger()).toEqual([]);
  });

  test.each([
    ['longer than the limit', 'k'.repeat(dialect.profile.data.key.limit + 1)],
    ['sent twice', 'one, two'],
    ['quoted', '"k"'],
    ['with a backslash', 'a\\b'],
    ['beyond ASCII', 'k\u00e9y'],
    ['empty', ''],
  ])('a key %s is refused with 400, and nothing runs', async (_what, key) => {
    const { mock, send } = await start();
    const refused = await send('/v1/charges', post({}, { 'idempotency-key': key }));
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(mock.effects()).toEqual([]);
    expect(mock.ledger()).toEqual([]);
  });

  test('the longest key is taken', async () => {
    const { mock, send } = await start();
    const key = 'k'.repeat(dialect.profile.data.key.limit);
    expect((await send('/v1/charges', post({}, { 'idempotency-key': key }))).status).toBe(201);
    expect(mock.ledger()).toMatchObject([{ key, effects: 1 }]);
  });

  test('one key of two tenants is two keys', async () => {
    const { mock, send } = await start();
    const replayed: (string | null)[] = [];
    for (const [amount, authorization] of ['Bearer one', 'Bearer two', 'Bearer one'].entries()) {
      const init = post({ amount: amount % 2 }, { 'idempotency-key': 'k', authorization });
      const answer = await send('/v1/charges', init);
      expect(answer.status).toBe(201);
      replayed.push(answer.headers.get('idempotent-replayed'));
    }
    expect(replayed).toEqual([null, null, 'true']);
    expect(mock.ledger().map(({ key, effects, hits }) => ({ key, effects, hits }))).toEqual([
      { key: 'k', effects: 1, hits: 2 },
      { key: 'k', effects: 1, hits: 1 },
    ]);
    const tenants = mock.ledger().map(({ tenant }) => tenant);
    expect(new Set([...tenants, 'default']).size).toBe(3);
    expect(JSON.stringify([mock.ledger(), mock.effects()])).not.toContain('Bearer');
  });

  test('a key is honoured until just before its end, and runs again just after', async () => {
    const { mock, send } = await start();
    const init = post({}, { 'idempotency-key': 'k' });
    const first = await (await send('/v1/charges', init)).text();
    await mock.clock.advance(DAY - 5_000);
    expect(await (await send('/v1/charges', init)).text()).toBe(first);
    expect(mock.ledger()[0]?.state).toBe('stored');
    await mock.clock.advance(5_000);
    expect(mock.ledger()[0]?.state).toBe('expired');
    const later = await send('/v1/charges', init);
    expect(later.headers.get('idempotent-replayed')).toBeNull();
    expect(await later.text()).not.toBe(first);
    expect(mock.ledger()).toMatchObject([{ hits: 3, effects: 2, state: 'stored' }]);
  });

  test.each(Object.entries(dialect.stored))('an answer with status %s is stored: %s', async (status, stored) => {
    const { mock, send } = await start();
    const init = post({}, { 'idempotency-key': 'k' });
    const first = await send(`/v1/status/${status}`, init);
    expect(first.status).toBe(Number(status));
    expect(mock.ledger()[0]).toMatchObject(stored ? { state: 'stored', status: Number(status) } : { state: 'free' });
    const second = await send(`/v1/status/${status}`, init);
    expect(second.status).toBe(Number(status));
    expect(second.headers.get('x-run') === first.headers.get('x-run')).toBe(stored);
    expect(second.headers.get('idempotent-replayed')).toBe(stored ? 'true' : null);
    expect(mock.effects()).toHaveLength(stored ? 1 : 2);
  });

  test('a handler that throws is a 500, stored only where the profile stores those', async () => {
    let runs = 0;
    const handler = (): Response => {
      runs += 1;
      if (runs === 1) throw new Error('no database');
      return Response.json({});
    };
    const lines: { error?: string }[] = [];
    const { send } = await start({ routes: { 'POST /v1/charges': handler }, log: (line) => lines.push(line) });
    const init = post({}, { 'idempotency-key': 'k' });
    const first = await send('/v1/charges', init);
    expect(first.status).toBe(500);
    expect(await first.text()).not.toContain('no database');
    expect(lines[0]?.error).toBe('no database');
    expect((await send('/v1/charges', init)).status).toBe(
      dialect.profile.data.stores.serverErrors === 'yes' ? 500 : 200,
    );
  });
});

type Send = (path: string, init: RequestInit) => Promise<Response>;
