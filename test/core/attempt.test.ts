import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { AttemptInput } from '../../src/core/attempt.ts';
import type { Refusal } from '../../src/core/gate.ts';
import { TimeLimits } from '../../src/core/time-limits.ts';
import { http, type RawServer, rawServer, tryOnce } from './support/wire.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);

/** One attempt against a server that answers with these bytes and then ends or resets the connection. */
async function answered(bytes: Buffer, then: 'end' | 'reset' = 'end') {
  await using server = await rawServer((socket) => {
    if (then === 'end') socket.end(bytes);
    else socket.write(bytes, () => setTimeout(() => socket.resetAndDestroy(), 20));
  });
  return { ...(await tryOnce(server.url)), requests: server.requests.length };
}

describe('a whole answer', () => {
  test('status, headers in lower case, decoded bytes', async () => {
    const { result, sent, requests } = await answered(
      http(201, { ...JSON_TYPE, 'X-Request-Id': 'r1', 'Content-Length': '8' }, '{"id":1}'),
    );
    if (result.kind !== 'response') throw new Error(result.kind);
    expect(result.status).toBe(201);
    expect(result.headers).toContainEqual(['x-request-id', 'r1']);
    expect(textOf(result.body)).toBe('{"id":1}');
    expect([sent, requests]).toEqual([1, 1]);
  });
  test.each<[string, Buffer, string]>([
    ['chunked', http(200, { 'transfer-encoding': 'chunked' }, '2\r\nab\r\n0\r\n\r\n'), 'ab'],
    ['until the end of the connection', http(200, {}, 'ab'), 'ab'],
    [
      'gzip, whose length is not that of the text',
      http(
        200,
        { 'content-encoding': 'gzip', 'content-length': String(gzipSync('abcdef').length) },
        gzipSync('abcdef'),
      ),
      'abcdef',
    ],
    ['empty', http(201, { ...JSON_TYPE, 'content-length': '0' }), ''],
    ['204', http(204, {}), ''],
    ['204 with a length it must not have', http(204, { 'content-length': '2' }), ''],
    ['205', http(205, { 'content-length': '0' }), ''],
    ['304 with the length of what it does not bring', http(304, { 'content-length': '12' }), ''],
    [
      'after 100 Continue and early hints',
      Buffer.concat([
        Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n'),
        http(200, { 'content-length': '2' }, 'ab'),
      ]),
      'ab',
    ],
  ])('%s', async (_name, bytes, body) => {
    const { result } = await answered(bytes);
    if (result.kind !== 'response') throw new Error(JSON.stringify(result));
    expect(textOf(result.body)).toBe(body);
  });
  test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    const { result, requests } = await answered(http(status, { location: '/elsewhere', 'content-length': '0' }));
    expect(result).toMatchObject({ kind: 'response', status });
    expect(requests).toBe(1);
  });
  test.each([400, 401, 404, 409, 422, 429, 500, 503])('%i is an answer, and asked for once', async (status) => {
    const { result, requests } = await answered(
      http(status, { ...JSON_TYPE, 'retry-after': '0', 'content-length': '2' }, '{}'),
    );
    expect(result).toMatchObject({ kind: 'response', status });
    expect(requests).toBe(1);
  });
});

describe('no whole answer is a failure', () => {
  const whole = http(200, { ...JSON_TYPE, 'content-length': '8' }, '{"id":1}');
  test.each<[string, Buffer, 'end' | 'reset']>([
    ['closed before a byte', Buffer.alloc(0), 'end'],
    ['reset before a byte', Buffer.alloc(0), 'reset'],
    ['reset in the head', whole.subarray(0, 20), 'reset'],
    ['reset after the head', whole.subarray(0, whole.length - 8), 'reset'],
    ['half the body, then reset', whole.subarray(0, whole.length - 4), 'reset'],
    ['half the body, then a polite end', whole.subarray(0, whole.length - 4), 'end'],
    ['a length longer than the body', http(200, { 'content-length': '9999' }, 'ab'), 'end'],
    ['chunks without an end', http(200, { 'transfer-encoding': 'chunked' }, '2\r\nab\r\n'), 'end'],
    ['not HTTP', Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'), 'end'],
    ['gzip that is none', http(200, { 'content-encoding': 'gzip', 'content-length': '4' }, 'abcd'), 'end'],
    ['a head without an end', Buffer.from(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`), 'end'],
  ])('%s', async (_name, bytes, then) => {
    const { result, sent, requests } = await answered(bytes, then);
    expect(result).toMatchObject({ kind: 'failure' });
    expect([sent, requests]).toEqual([1, 1]);
  });
  test('nobody listens', async () => {
    const server = await rawServer(() => undefined);
    await server[Symbol.asyncDispose]();
    const { result, sent } = await tryOnce(server.url);
    expect(result).toEqual({ kind: 'failure', code: 'ECONNREFUSED' });
    expect(sent).toBe(1);
  });
  test('a body that ends with the connection and was cut is not seen here: its JSON does not parse', async () => {
    const { result } = await answered(http(200, JSON_TYPE, '{"id":'));
    expect(result).toMatchObject({ kind: 'response', status: 200 });
  });
  test('nor is a cut gzip body', async () => {
    const cut = gzipSync(JSON.stringify({ id: 'x'.repeat(500) })).subarray(0, 20);
    const { result } = await answered(http(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, cut));
    if (result.kind === 'response') expect(() => JSON.parse(textOf(result.body)) as unknown).toThrow(SyntaxError);
    else expect(result.kind).toBe('failure');
  });
  test('a fetch of the caller that gives a shorter body than it says', async () => {
    const send = async () => new Response('abcd', { headers: { 'content-length': '10' } });
    expect((await tryOnce('http://x.example', { send })).result).toEqual({ kind: 'failure', code: 'TRUNCATED' });
  });
  test.each<[string, () => Promise<unknown>, string]>([
    [
      'throws at once',
      () => {
        throw new TypeError('offline');
      },
      'TypeError',
    ],
    ['rejects', () => Promise.reject(new TypeError('offline')), 'TypeError'],
    [
      'rejects with a code inside',
      () => Promise.reject(new TypeError('x', { cause: Object.assign(new Error('y'), { code: 'EPIPE' }) })),
      'EPIPE',
    ],
    ['rejects with text', () => Promise.reject('offline' as never), 'UNKNOWN'],
    ['rejects with nothing', () => Promise.reject(undefined as never), 'UNKNOWN'],
    ['gives no Response', () => Promise.resolve({ ok: true }), 'TypeError'],
    ['gives nothing', () => Promise.resolve(undefined), 'TypeError'],
    ['gives a network error', () => Promise.resolve(Response.error()), 'NETWORK'],
  ])('a fetch of the caller that %s', async (_name, send, code) => {
    const { result, sent } = await tryOnce('http://x.example', { send: send as typeof fetch });
    expect(result).toEqual({ kind: 'failure', code });
    expect(sent).toBe(1);
  });
});

describe('attemptTimeout covers headers and body', () => {
  const timed = async (answer: Parameters<typeof rawServer>[0], given: Partial<AttemptInput> = {}) => {
    await using server = await rawServer(answer);
    return { ...(await tryOnce(server.url, { attemptTimeout: 150, ...given })), requests: server.requests.length };
  };
  const timeout = { kind: 'failure', code: 'TIMEOUT' };
  test('silence', async () => {
    const { result, ms, requests } = await timed(() => undefined);
    expect(result).toEqual(timeout);
    expect(requests).toBe(1);
    expect(ms).toBeGreaterThan(140);
    expect(ms).toBeLessThan(1_000);
  });
  test('headers, then silence', async () => {
    const { result, ms } = await timed((socket) => socket.write(http(200, { 'content-length': '5' }, 'ab')));
    expect(result).toEqual(timeout);
    expect(ms).toBeLessThan(1_000);
  });
  test('late headers and a late body share it', async () => {
    // Each of them alone would be in time.
    const { result } = await timed((socket) => {
      setTimeout(() => socket.write(http(200, { 'content-length': '2' }, 'a')), 100);
      setTimeout(() => socket.end('b'), 200);
    });
    expect(result).toEqual(timeout);
  });
  test('a body that drips without end', async () => {
    const { result, ms } = await timed((socket) => {
      socket.write(http(200, { 'content-length': '99999' }));
      const drip = setInterval(() => socket.write('x'), 10);
      socket.on('close', () => clearInterval(drip));
    });
    expect(result).toEqual(timeout);
    expect(ms).toBeLessThan(1_000);
  });
  test('the connection is given up', async () => {
    let closed = false;
    await timed((socket) =>
      socket.on('close', () => {
        closed = true;
      }),
    );
    await expect.poll(() => closed).toBe(true);
  });
  test('a fetch that ignores its signal', async () => {
    const { result, ms } = await timed(() => undefined, { send: () => new Promise(() => undefined) });
    expect(result).toEqual(timeout);
    expect(ms).toBeLessThan(1_000);
  });
  test('a fetch whose body ignores its signal', async () => {
    const send = async () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
    expect((await timed(() => undefined, { send })).result).toEqual(timeout);
  });
  test('in time, nothing is left behind', async () => {
    const signals: AbortSignal[] = [];
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) => {
        if (signal) signals.push(signal);
        return new Promise<void>(() => undefined);
      },
    };
    await using server = await rawServer((socket) => socket.end(http(204, {})));
    const limits = new TimeLimits(clock);
    await tryOnce(server.url, { limits });
    // Sleeps only on where somebody still waits.
    limits.close();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('stop', () => {
  test('ends an exchange under way', async () => {
    await using server = await rawServer(() => stop.abort());
    const stop = new AbortController();
    const { result, ms } = await tryOnce(server.url, { stop: stop.signal });
    expect(result).toMatchObject({ kind: 'failure' });
    expect(ms).toBeLessThan(1_000);
  });
  test.each(['honours', 'ignores'])(
    'before the first byte: nothing leaves, with a fetch that %s its signal',
    async (kind) => {
      await using server = await rawServer((socket) => socket.end(http(204, {})));
      const send: typeof fetch =
        kind === 'honours' ? fetch : (input) => fetch(new Request(input as Request, { signal: null }));
      const { result, sent } = await tryOnce(server.url, { stop: AbortSignal.abort(), send });
      expect(result).toEqual({ kind: 'refused', refusal: 'closed' });
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect([sent, server.requests.length, server.connections]).toEqual([0, 0, 0]);
    },
  );
  test('between the call and the gate: nothing leaves later', async () => {
    await using server = await rawServer((socket) => socket.end(http(204, {})));
    // a clock that is over before ky has called fetch
    const clock = { now: () => 0, monotonic: () => 0, sleep: () => Promise.resolve() };
    const send: typeof fetch = (input) => fetch(new Request(input as Request, { signal: null }));
    const { sent } = await tryOnce(server.url, { limits: new TimeLimits(clock), attemptTimeout: 0, send });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.requests.length).toBe(sent);
  });
});

describe('the gate', () => {
  const refusals: readonly Refusal[] = [
    'closed',
    'aborted',
    'driver',
    'other-owner',
    'other-scope',
    'clock',
    'key-expired',
    'deadline',
  ];
  test.each(refusals)('%s: the server has seen nothing', async (refusal) => {
    await using server: RawServer = await rawServer((socket) => socket.end(http(204, {})));
    const { result, sent } = await tryOnce(server.url, { gate: () => refusal });
    expect(result).toEqual({ kind: 'refused', refusal });
    expect([sent, server.connections]).toEqual([0, 0]);
  });
  test('is asked once, and nothing stands between it and fetch', async () => {
    const order: string[] = [];
    await tryOnce('http://x.example', {
      gate: () => {
        order.push('gate');
        queueMicrotask(() => order.push('a microtask'));
        return undefined;
      },
      sent: () => {
        order.push('sent');
      },
      send: async () => {
        order.push('fetch');
        return new Response(null, { status: 204 });
      },
    });
    expect(order).toEqual(['gate', 'sent', 'fetch', 'a microtask']);
  });
});
