import { afterEach, describe, expect, test } from 'vitest';
import { CONTROL_ROUTES } from '../../src/mock/control-routes.ts';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { BASE, post, type Reached, TRANSPORTS } from './support/transports.ts';

let reached: Reached | undefined;

afterEach(async () => {
  await reached?.close();
  reached = undefined;
});

interface Controlled {
  readonly mock: Mock;
  /** Asks the control, as a client in any language does. */
  ask(method: string, path: string, body?: unknown): Promise<{ status: number; json: unknown; headers: Headers }>;
  charge(key: string, headers?: Record<string, string>): Promise<Response>;
}

async function controlled(transport: keyof typeof TRANSPORTS = 'http'): Promise<Controlled> {
  const mock = createMock({ baseUrl: BASE });
  const { url, fetch } = (reached = await TRANSPORTS[transport](mock));
  return {
    mock,
    async ask(method, path, body) {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const answer = await fetch(`${url}/__onceward${path}`, init);
      const text = await answer.text();
      return {
        status: answer.status,
        json: answer.headers.get('content-type')?.endsWith('json') ? (JSON.parse(text) as unknown) : undefined,
        headers: answer.headers,
      };
    },
    charge: (key, headers) => fetch(`${url}/charges`, post({}, { 'idempotency-key': key, ...headers })),
  };
}

describe.each(['fetch', 'http', 'msw'] as const)('a client in any language, over %s', (transport) => {
  test('plans faults, reads what is left of them, and clears them', async () => {
    const { ask, charge, mock } = await controlled(transport);
    expect(await ask('POST', '/faults', 'status:503')).toMatchObject({ status: 200, json: ['status:503'] });
    const more = [{ fault: 'status:504', route: 'POST /charges', at: 2 }, 'truncate'];
    expect((await ask('POST', '/faults', more)).json).toEqual(['status:503', ...more]);
    expect([(await charge('k')).status, (await charge('k')).status]).toEqual([503, 504]);
    expect((await ask('GET', '/faults')).json).toEqual(['truncate']);
    expect(() => mock.assertPlanConsumed()).toThrow('truncate');
    expect((await ask('DELETE', '/faults')).status).toBe(204);
    expect((await ask('GET', '/faults')).json).toEqual([]);
    expect((await charge('k')).status).toBe(201);
  });

  test('has a plan of its own by a header', async () => {
    const { ask, charge } = await controlled(transport);
    await ask('POST', '/faults', 'status:500');
    await ask('POST', '/faults?plan=a', ['status:501', 'status:502']);
    await ask('POST', '/faults?plan=b', 'status:503');
    expect((await ask('GET', '/faults?plan=a')).json).toEqual(['status:501', 'status:502']);
    const met = [];
    for (const plan of ['a', 'b', 'b']) met.push((await charge(plan, { 'x-onceward-plan': plan })).status);
    expect(met).toEqual([501, 503, 201]);
    await ask('DELETE', '/faults?plan=a');
    expect((await ask('GET', '/faults?plan=a')).json).toEqual([]);
    expect((await ask('GET', '/faults')).json).toEqual(['status:500']);
  });

  test('reads the clock and moves it', async () => {
    const { ask, charge, mock } = await controlled(transport);
    await charge('k');
    const { json } = await ask('GET', '/clock');
    const { now, iso } = json as { now: number; iso: string };
    expect(Date.parse(iso)).toBe(now);
    const moved = (await ask('POST', '/clock', { advance: '25h' })).json as { now: number };
    expect(moved.now - now).toBeGreaterThanOrEqual(25 * 3_600_000);
    expect(mock.ledger()).toMatchObject([{ state: 'expired' }]);
    expect(mock.events().at(-1)).toMatchObject({ kind: 'clock', by: 25 * 3_600_000 });
  });

  test('crashes the server, and resets it', async () => {
    const { ask, charge } = await controlled(transport);
    await charge('k');
    expect((await ask('POST', '/crash')).status).toBe(204);
    expect((await ask('GET', '/ledger')).json).toMatchObject([{ key: 'k', effects: 1 }]);
    await ask('POST', '/faults', 'stall');
    expect((await ask('POST', '/reset')).status).toBe(204);
    for (const path of ['/ledger', '/effects', '/faults']) expect((await ask('GET', path)).json).toEqual([]);
    expect((await charge('k')).headers.get('idempotent-replayed')).toBeNull();
  });

  test('reads what happened', async () => {
    const { ask, charge, mock } = await controlled(transport);
    await charge('k');
    expect((await ask('GET', '/events')).json).toEqual(mock.events());
    expect((await ask('GET', '/events?after=3')).json).toEqual(mock.events().slice(3));
    expect((await ask('GET', '/events?after=99')).json).toEqual([]);
  });
});

describe('what cannot be done is said, and nothing is', () => {
  test.each<[method: string, path: string, body: unknown, says: string]>([
    ['POST', '/faults', 'explode', 'There is no fault \\"explode\\"'],
    ['POST', '/faults', ['stall', null], 'There is no fault null'],
    ['POST', '/faults', ['stall', 7], 'There is no fault 7'],
    ['POST', '/faults', {}, 'There is no fault'],
    ['POST', '/faults?plan=two%20words', 'stall', 'The name of a plan'],
    ['POST', '/faults', undefined, 'The body has to be JSON'],
    ['POST', '/clock', undefined, 'The body has to be JSON'],
    ['POST', '/clock', '1h', "got no 'advance'"],
    ['POST', '/clock', { advance: 'soon' }, 'clock.advance must be'],
    ['POST', '/clock', { advance: -1 }, 'clock.advance must be'],
    ['POST', '/clock', { advance: null }, 'clock.advance must be'],
    ['GET', '/events?after=x', undefined, "'after' is the id of an event"],
  ])('%s %s %j', async (method, path, body, says) => {
    const { ask, mock } = await controlled();
    const { status, json, headers } = await ask(method, path, body);
    expect([status, headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect(JSON.stringify(json)).toContain(says);
    expect(mock.events()).toEqual([]);
    expect(() => mock.assertPlanConsumed()).not.toThrow();
  });
});

interface Described {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

describe('the description', () => {
  const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

  test('names every route there is, and no other; each says which methods it has', async () => {
    const { ask } = await controlled();
    const { openapi, paths } = (await ask('GET', '/openapi.json')).json as Described;
    expect(openapi).toMatch(/^3\.1\./);
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.toSorted()).toEqual(
      CONTROL_ROUTES.map(({ method, path }) => `${method} /__onceward${path}`).toSorted(),
    );
    for (const [path, operations] of Object.entries(paths)) {
      const known = Object.keys(operations).map((method) => method.toUpperCase());
      for (const method of METHODS) {
        const { status, headers } = await ask(
          method,
          path.slice('/__onceward'.length),
          method === 'POST' ? {} : undefined,
        );
        expect([method, path, status === 405]).toEqual([method, path, !known.includes(method)]);
        expect(status).not.toBe(404);
        if (status === 405)
          expect(headers.get('allow')).toBe([...known, ...(known.includes('GET') ? ['HEAD'] : [])].join(', '));
      }
    }
  });

  test('every schema it refers to is there, and it says where it is', async () => {
    const { ask } = await controlled('fetch');
    const { json } = await ask('GET', '/openapi.json');
    const { servers, components } = json as Described;
    expect(servers).toEqual([{ url: BASE }]);
    const named = [...JSON.stringify(json).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(Object.keys(components.schemas)));
  });

  test('below a path it says so', async () => {
    const mock = createMock({ baseUrl: `${BASE}/v1` });
    const { servers } = (await (await mock.fetch('/v1/__onceward/openapi.json')).json()) as Described;
    expect(servers).toEqual([{ url: `${BASE}/v1` }]);
  });
});
