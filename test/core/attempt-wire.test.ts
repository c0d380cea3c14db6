import { describe, expect, test } from 'vitest';
import type { AttemptInput } from '../../src/core/attempt.ts';
import type { StoredRequest } from '../../src/core/record.ts';
import { freeze } from './support/freeze.ts';
import { http, rawServer, tryOnce } from './support/wire.ts';

/** Added by Node's fetch: none of it depends on the operation. */
const PLATFORM = [
  'host',
  'connection',
  'accept',
  'accept-language',
  'accept-encoding',
  'sec-fetch-mode',
  'user-agent',
  'cache-control',
  'pragma',
  'content-length',
];

/** A request as the server heard it. */
interface Heard {
  readonly line: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

function heard(request: string): Heard {
  const [head = '', ...rest] = request.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  return {
    line,
    headers: lines.map((one): [string, string] => [
      one.slice(0, one.indexOf(':')).toLowerCase(),
      one.slice(one.indexOf(':') + 2),
    ]),
    body: Buffer.from(rest.join('\r\n\r\n'), 'latin1'),
  };
}

const only = ({ headers }: Heard, name: string) => headers.filter(([one]) => one === name).map(([, value]) => value);

/** Sends the frozen request twice, as two attempts, and tells what the server heard. */
async function overTheWire(freezing: (url: string) => Promise<StoredRequest>, given: Partial<AttemptInput> = {}) {
  await using server = await rawServer((socket) => socket.end(http(201, { 'content-length': '0' })));
  const request = await freezing(server.url);
  for (let attempt = 0; attempt < 2; attempt++) {
    const { result } = await tryOnce(server.url, { request, ...given });
    expect(result).toMatchObject({ kind: 'response', status: 201 });
  }
  const [first = '', second = '', ...more] = server.requests;
  expect(more).toEqual([]);
  return { request, first: heard(first), second: heard(second), raw: [first, second] };
}

const form = new FormData();
form.append('amount', '1');
form.append('f', new Blob([new Uint8Array([0, 255, 13, 10])]), 'a "b".bin');

describe('what goes out is what was frozen, on every attempt', () => {
  test.each<[string, Record<string, unknown>]>([
    ['json', { json: { amount: 1, note: 'ü 👍 \u2028' } }],
    ['text', { body: 'hällo\r\n' }],
    ['parameters', { body: new URLSearchParams({ a: 'ä b' }) }],
    ['form', { body: form }],
    ['Blob', { body: new Blob([new Uint8Array([0, 255])], { type: 'application/x' }) }],
    ['Blob without a type', { body: new Blob(['x']) }],
    ['bytes', { body: new Uint8Array([0, 13, 10, 13, 10, 255]) }],
    ['empty bytes', { body: new Uint8Array() }],
    ['no body', {}],
    ['200 kB', { body: 'x'.repeat(200_000) }],
    [
      'headers',
      { json: {}, headers: { Accept: 'application/json', Prefer: 'respond-async', 'Accept-Language': 'de' } },
    ],
    ['a header beyond ASCII', { json: {}, headers: { prefer: 'é' } }],
    ['searchParams', { json: {}, searchParams: { q: 'a b/ü&=' } }],
  ])('%s', async (_name, options) => {
    const { request, first, second, raw } = await overTheWire((url) => freeze(options, { url: `${url}/charges` }));
    const { pathname, search } = new URL(request.url);
    expect(first.line).toBe(`POST ${pathname}${search} HTTP/1.1`);
    expect(first.body).toEqual(Buffer.from(request.body ?? []));
    for (const [name, value] of request.headers) expect(only(first, name)).toEqual([value]);
    expect(only(first, 'idempotency-key')).toEqual(['key-1']);
    expect(only(first, 'content-length')).toEqual([String(request.body?.length ?? 0)]);
    // nothing but the frozen headers, the key, and what the platform adds
    const known = [...PLATFORM, ...request.headers.map(([name]) => name), 'idempotency-key'];
    expect(first.headers.map(([name]) => name).filter((name) => !known.includes(name))).toEqual([]);
    expect(second).toEqual(first);
    expect(raw[1]).toBe(raw[0]);
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'MERGE'])('%s', async (method) => {
    const { first } = await overTheWire((url) => freeze({ json: {} }, { method, url }));
    expect(first.line).toBe(`${method} / HTTP/1.1`);
  });
});

describe('headers that are not frozen', () => {
  test('credentials go out as they are', async () => {
    const credentialHeaders = [
      ['authorization', 'Bearer t'],
      ['x-csrf-token', 'c'],
    ] as const;
    const { first } = await overTheWire((url) => freeze({ json: {} }, { url }), { credentialHeaders });
    expect(only(first, 'authorization')).toEqual(['Bearer t']);
    expect(only(first, 'x-csrf-token')).toEqual(['c']);
  });
  test('of one name there is one value: the key is never joined with another', async () => {
    const credentialHeaders = [
      ['idempotency-key', 'other'],
      ['content-digest', 'new'],
      ['IDEMPOTENCY-KEY', 'third'],
    ] as const;
    const { first } = await overTheWire(
      (url) =>
        freeze({ json: {}, headers: { 'content-digest': 'old' } }, { url, storable: new Set(['content-digest']) }),
      { credentialHeaders },
    );
    expect(only(first, 'idempotency-key')).toEqual(['key-1']);
    expect(only(first, 'content-digest')).toEqual(['new']);
  });
  test('the carrier of the profile', async () => {
    const { first } = await overTheWire((url) => freeze({ json: {} }, { url }), {
      keyHeaders: [['PayPal-Request-Id', 'k']],
    });
    expect(only(first, 'paypal-request-id')).toEqual(['k']);
    expect(only(first, 'idempotency-key')).toEqual([]);
  });
});

test('one call of fetch is not one request: Node sends again on 421, below us, with the key on both', async () => {
  await using server = await rawServer((socket) => socket.end(http(421, { 'content-length': '0' })));
  const { result, sent } = await tryOnce(server.url);
  expect(result).toMatchObject({ kind: 'response', status: 421 });
  expect(sent).toBe(1);
  expect(server.requests.map((request) => only(heard(request), 'idempotency-key'))).toEqual([['key-1'], ['key-1']]);
});
