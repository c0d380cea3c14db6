import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/core/profile.ts';
import { createMock, type LogLine, type MockOptions } from '../../src/mock/index.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';
import { BASE, post } from './support/transports.ts';

describe('options', () => {
  test.each<[message: string, options: object]>([
    ["createMock has no option 'weather'", { weather: 'bad' }],
    ['inProgress must be one of conflict, wait, accepted', { inProgress: 'queue' }],
    ['baseUrl must be an absolute URL', { baseUrl: '/v1' }],
    ['keyLifetime must be', { keyLifetime: 'a day' }],
    ['A route is a method, a space and a path', { routes: { '/charges': () => new Response() } }],
  ])('%s', (message, options) => {
    expect(() => createMock(options as MockOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});

describe('routes', () => {
  test('without any, whatever can have an effect answers 201 with an id, and reading finds nothing', async () => {
    const mock = createMock();
    const ids: unknown[] = [];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await mock.fetch(`${BASE}/things/1`, { method, headers: { 'idempotency-key': method } });
      expect(answer.status).toBe(201);
      ids.push(await answer.json());
    }
    expect(ids).toEqual([1, 2, 3, 4].map((n) => ({ id: `mock_${n}` })));
    expect((await mock.fetch(`${BASE}/things/1`)).status).toBe(404);
    expect(mock.effects('PUT /things/1')).toMatchObject([{ key: 'PUT', body: null }]);
  });

  test('a handler gets the request unread, the body parsed, the parts of the path, and the key', async () => {
    const mock = createMock({
      routes: {
        'POST /charges/:id/refunds': async ({ request, json, params, key }) =>
          Response.json({ text: await request.text(), type: request.headers.get('content-type'), json, params, key }),
      },
    });
    const answer = await mock.fetch(
      `${BASE}/charges/ch%201/refunds?x=1`,
      post({ amount: 5 }, { 'idempotency-key': 'k' }),
    );
    expect(await answer.json()).toEqual({
      text: '{"amount":5}',
      type: 'application/json',
      json: { amount: 5 },
      params: { id: 'ch 1' },
      key: 'k',
    });
    expect(mock.effects()).toMatchObject([
      { route: 'POST /charges/:id/refunds', key: 'k', tenant: 'default', body: { amount: 5 } },
    ]);
  });

  test('a handler that asks for the request twice gets one', async () => {
    const seen: boolean[] = [];
    const mock = createMock({
      routes: {
        'POST /x': async (context) => {
          const { request } = context;
          seen.push(request === context.request);
          return new Response(await context.request.text());
        },
      },
    });
    expect(await (await mock.fetch(`${BASE}/x`, post({ a: 1 }, { 'idempotency-key': 'k' }))).text()).toBe('{"a":1}');
    expect(seen).toEqual([true]);
  });

  test.each<[body: BodyInit | null, seen: unknown]>([
    [new URLSearchParams({ amount: '5', currency: 'eur' }), { amount: '5', currency: 'eur' }],
    ['plain words', 'plain words'],
    ['[1,2]', [1, 2]],
    [Uint8Array.of(0xff, 0xfe), null],
    [null, null],
  ])('a body of %s is shown as %j', async (body, seen) => {
    const mock = createMock();
    await mock.fetch(`${BASE}/x`, { method: 'POST', body, headers: { 'idempotency-key': 'k' } });
    expect(mock.effects()[0]?.body).toEqual(seen);
  });

  test('the first that matches answers; another path is not found, counts as a hit and runs nothing', async () => {
    const mock = createMock({
      routes: { 'POST /a/b': () => new Response('exact'), 'POST /a/*': () => new Response('any') },
    });
    const send = async (path: string, key: string): Promise<[number, string]> => {
      const answer = await mock.fetch(`${BASE}${path}`, post({}, { 'idempotency-key': key }));
      return [answer.status, await answer.text()];
    };
    expect(await send('/a/b', '1')).toEqual([200, 'exact']);
    expect(await send('/a/c', '2')).toEqual([200, 'any']);
    expect((await send('/b', '3'))[0]).toBe(404);
    expect(mock.ledger()[2]).toMatchObject({ key: '3', hits: 1, effects: 0, state: 'free' });
  });

  test('routes and control are below the path of baseUrl, profiles speak of whole paths', async () => {
    const mock = createMock({
      baseUrl: `${BASE}/v1/`,
      profile: stripeV1,
      inProgress: 'accepted',
      routes: { 'POST /charges': () => new Promise<Response>(() => {}), 'POST /': () => new Response('root') },
    });
    const init = post({}, { 'idempotency-key': 'k' });
    void mock.fetch(`${BASE}/v1/charges`, init);
    const monitor = (await mock.fetch(`${BASE}/v1/charges`, init)).headers.get('location') ?? '';
    expect(new URL(monitor).pathname).toMatch(/^\/v1\/__onceward\/operations\//);
    expect((await mock.fetch(monitor)).status).toBe(202);
    for (const control of [`${BASE}/v1/__onceward/ledger`, `${BASE}/__onceward/ledger`]) {
      expect(await (await mock.fetch(control)).json()).toMatchObject([{ key: 'k', effects: 1 }]);
    }
    expect(await (await mock.fetch('/v1/', post({}, {}))).text()).toBe('root');
  });

  test('a key where the API does not honour keys protects nothing', async () => {
    const mock = createMock({ profile: stripeV1 });
    const init = { method: 'DELETE', headers: { 'idempotency-key': 'k' } };
    expect((await mock.fetch(`${BASE}/v1/customers/1`, init)).status).toBe(201);
    expect((await mock.fetch(`${BASE}/v1/customers/1`, init)).status).toBe(201);
    expect(mock.effects().map(({ key }) => key)).toEqual([undefined, undefined]);
    expect(mock.ledger()).toEqual([]);
  });

  test.each<[what: string, answer: () => Response | Promise<Response>]>([
    ['Response.error()', () => Response.error()],
    [
      'a response whose body was read',
      async () => {
        const read = Response.json({});
        await read.text();
        return read;
      },
    ],
    [
      'a response that is being read',
      () => {
        const held = Response.json({});
        held.body?.getReader();
        return held;
      },
    ],
    [
      'a body that is not bytes',
      () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue('text');
              controller.close();
            },
          }),
        ),
    ],
  ])('%s of a handler is a failed handler', async (_what, answer) => {
    const mock = createMock({ routes: { 'POST /x': answer } });
    expect((await mock.fetch(`${BASE}/x`, post({}, { 'idempotency-key': 'k' }))).status).toBe(500);
  });

  test('a stream that fills one buffer again and again is stored as it was sent', async () => {
    const buffer = new Uint8Array(1);
    let left = 3;
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull(controller) {
        buffer[0] = 0x40 + left;
        controller.enqueue(buffer);
        left -= 1;
        if (left === 0) controller.close();
      },
    };
    const stream = (): ReadableStream<Uint8Array> => new ReadableStream(source, { highWaterMark: 0 });
    const mock = createMock({ routes: { 'POST /x': () => new Response(stream()) } });
    for (const _ of ['first', 'repeat']) {
      expect(await (await mock.fetch(`${BASE}/x`, post({}, { 'idempotency-key': 'k' }))).text()).toBe('CBA');
    }
  });
});

describe('lifetime', () => {
  const withLifetime = (lifetime: Profile['data']['lifetime']): Profile => ({
    ...stripeV1,
    data: { ...stripeV1.data, lifetime },
  });

  test.each<[string, MockOptions, ms: number]>([
    ['the default', {}, 86_400_000],
    ['keyLifetime', { keyLifetime: '5m' }, 300_000],
    ['the profile', { profile: ietf({ keyLifetime: '7d' }) }, 604_800_000],
    ['keyLifetime before the profile', { profile: ietf({ keyLifetime: '7d' }), keyLifetime: 1_000 }, 1_000],
    ['a floor', { profile: stripeV1 }, 86_400_000],
    ['none published', { profile: withLifetime({ kind: 'unpublished' }) }, 300_000],
    ['for ever', { profile: withLifetime({ kind: 'forever' }) }, Number.POSITIVE_INFINITY],
  ])('%s', async (_name, options, ms) => {
    const mock = createMock(options);
    await mock.fetch(`${BASE}/v1/x`, post({}, { 'idempotency-key': 'k' }));
    const [entry] = mock.ledger();
    expect((entry?.expiresAt ?? 0) - (entry?.firstSeenAt ?? 0)).toBe(ms);
    const shown = (await (await mock.fetch(`${BASE}/__onceward/ledger`)).json()) as { expiresAt: unknown }[];
    expect(shown[0]?.expiresAt).toBe(Number.isFinite(ms) ? entry?.expiresAt : null);
  });
});

describe('control', () => {
  test('ledger and effects are served as they are', async () => {
    const mock = createMock({ routes: { 'POST /a': () => new Response(), 'POST /b': () => new Response() } });
    await mock.fetch(`${BASE}/a`, post({ n: 1 }, { 'idempotency-key': '1' }));
    await mock.fetch(`${BASE}/b`, post({ n: 2 }, { 'idempotency-key': '2' }));
    const read = async (path: string): Promise<unknown> => (await mock.fetch(`${BASE}/__onceward${path}`)).json();
    expect(await read('/ledger')).toEqual(mock.ledger());
    expect(await read('/effects')).toEqual(mock.effects());
    expect(await read('/effects?route=POST%20/b')).toEqual(mock.effects('POST /b'));
    expect(mock.effects('POST /b')).toHaveLength(1);
  });

  test.each([
    ['GET', '/ledger', 200],
    ['HEAD', '/ledger', 200],
    ['POST', '/ledger', 405],
    ['DELETE', '/effects', 405],
    ['GET', '', 404],
    ['GET', '/nothing', 404],
    ['GET', '/operations/unknown', 404],
  ])('%s /__onceward%s is %i, and leaves no trace', async (method, path, status) => {
    const mock = createMock();
    const answer = await mock.fetch(`${BASE}/__onceward${path}`, { method, headers: { 'idempotency-key': 'k' } });
    expect(answer.status).toBe(status);
    expect(mock.ledger()).toEqual([]);
  });

  test('what is handed out is a copy', async () => {
    const mock = createMock();
    await mock.fetch(`${BASE}/a`, post({}, { 'idempotency-key': 'k' }));
    (mock.ledger() as unknown[]).length = 0;
    (mock.effects() as unknown[]).length = 0;
    expect([mock.ledger().length, mock.effects().length]).toEqual([1, 1]);
  });
});

test('every request is one line, with key, tenant and hits', async () => {
  const lines: LogLine[] = [];
  const mock = createMock({ log: (line) => lines.push(line), tenant: () => 'acme' });
  const send = async (init: RequestInit, path = '/a?secret=1'): Promise<unknown> =>
    mock.fetch(`${BASE}${path}`, init).catch(() => undefined);
  const init = post({}, { 'idempotency-key': 'k' });
  await send(init);
  await send(init);
  await send(post({ other: 1 }, { 'idempotency-key': 'k' }));
  mock.fail('reset-after', 'status:503', 'reset-before');
  await send(init);
  await send(init);
  await send(init);
  await send(post({}, {}));
  await send(post({}, { 'idempotency-key': 'a b' }));
  await send({}, '/nowhere');
  await send({}, '/__onceward/ledger');
  expect(
    lines.map(({ at: _at, method, path, tenant, ...line }) => ({ request: `${method} ${path} ${tenant}`, ...line })),
  ).toEqual([
    { request: 'POST /a acme', key: 'k', hits: 1, outcome: 'executed', status: 201 },
    { request: 'POST /a acme', key: 'k', hits: 2, outcome: 'replayed', status: 201 },
    { request: 'POST /a acme', key: 'k', hits: 3, outcome: 'mismatch', status: 422 },
    { request: 'POST /a acme', key: 'k', hits: 4, outcome: 'replayed', fault: 'reset-after' },
    { request: 'POST /a acme', key: 'k', hits: 5, outcome: 'not-run', status: 503, fault: 'status:503' },
    { request: 'POST /a acme', key: 'k', hits: 6, outcome: 'not-run', fault: 'reset-before' },
    { request: 'POST /a acme', key: undefined, hits: 0, outcome: 'missing-key', status: 400 },
    { request: 'POST /a acme', key: undefined, hits: 0, outcome: 'malformed-key', status: 400 },
    { request: 'GET /nowhere acme', key: undefined, hits: 0, outcome: 'not-found', status: 404 },
  ]);
  expect(lines.every(({ at }) => Math.abs(at - mock.clock.now()) < 5_000)).toBe(true);
});

describe('fetch', () => {
  test('takes what fetch takes: a path below baseUrl, a URL, a Request', async () => {
    const mock = createMock({ baseUrl: BASE });
    const init = post({}, { 'idempotency-key': 'k' });
    for (const input of ['/a', new URL('/a', BASE), new Request(`${BASE}/a`, init)]) {
      expect((await mock.fetch(input, input instanceof Request ? undefined : init)).status).toBe(201);
    }
    expect(mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
  });

  test('silence lasts until the signal aborts, and rejects with its reason', async () => {
    const mock = createMock();
    const reason = new Error('enough');
    for (const fault of ['stall', 'lose-response'] as const) {
      mock.fail(fault);
      const controller = new AbortController();
      const sent = mock.fetch(`${BASE}/a`, post({}, { 'idempotency-key': fault }, { signal: controller.signal }));
      await expect.poll(() => mock.ledger().some(({ key }) => key === fault)).toBe(true);
      controller.abort(reason);
      await expect(sent).rejects.toBe(reason);
    }
    expect(mock.effects().map(({ key }) => key)).toEqual(['lose-response']);
  });

  test('an abort ends silence also when nobody holds the request any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const mock = createMock();
    mock.fail('stall');
    const controller = new AbortController();
    const sent = mock.fetch(`${BASE}/a`, post({}, { 'idempotency-key': 'k' }, { signal: controller.signal }));
    await expect.poll(() => mock.events().at(-1)?.kind).toBe('lost');
    for (let round = 0; round < 3; round += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    controller.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
  });

  test('an aborted signal sends nothing; a later one does not stop the server', async () => {
    const gate = Promise.withResolvers<Response>();
    const mock = createMock({ routes: { 'POST /a': () => gate.promise } });
    const init = post({}, { 'idempotency-key': 'k' });
    await expect(mock.fetch(`${BASE}/a`, { ...init, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(mock.ledger()).toEqual([]);
    const controller = new AbortController();
    const sent = mock.fetch(`${BASE}/a`, { ...init, signal: controller.signal });
    await expect.poll(() => mock.effects().length).toBe(1);
    controller.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    gate.resolve(new Response());
    await expect.poll(() => mock.ledger()[0]?.state).toBe('stored');
  });

  test('a reset is a TypeError with the code of a socket, a cut body breaks off halfway', async () => {
    const mock = createMock({ routes: { 'POST /a': () => new Response('0123456789') } });
    mock.fail('reset-after', 'truncate');
    const init = post({}, { 'idempotency-key': 'k' });
    await expect(mock.fetch(`${BASE}/a`, init)).rejects.toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { code: 'ECONNRESET' },
    });
    const cut = await mock.fetch(`${BASE}/a`, init);
    expect([cut.status, cut.headers.get('content-length')]).toEqual([200, '10']);
    let text = '';
    const read = async (): Promise<void> => {
      for await (const chunk of cut.body ?? []) text += new TextDecoder().decode(chunk);
    };
    await expect(read()).rejects.toThrow('terminated');
    expect(text).toBe('01234');
  });
});
