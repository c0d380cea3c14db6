import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import type { FreezeInput } from '../../src/core/frozen-request.ts';
import { freeze, URL_OF } from './support/freeze.ts';

const SECRET = 's3cr3t-canary';
const code = (expected: string) => expect.objectContaining({ code: expected, effect: 'none' }) as Error;
const invalidOption = code('ERR_ONCEWARD_INVALID_OPTION');

/** Freezing fails synchronously or not; either way with a UsageError that does not show the canary. */
async function refusal(options: unknown, given: Partial<FreezeInput> = {}): Promise<UsageError> {
  const error: unknown = await (async () => freeze(options, given))().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  const { message, stack, cause } = error as UsageError;
  expect([message, stack, String(cause), JSON.stringify(error)].join()).not.toContain(SECRET);
  return error as UsageError;
}

describe('method', () => {
  test.each([
    ['POST', 'POST'],
    ['post', 'POST'],
    ['patch', 'PATCH'],
    ['Delete', 'DELETE'],
    ['PUT', 'PUT'],
    ['MERGE', 'MERGE'],
  ])('%s is %s', async (method, expected) => {
    expect(await freeze({}, { method })).toMatchObject({ method: expected });
  });
  test.each([
    'GET',
    'get',
    'HEAD',
    'OPTIONS',
    'CONNECT',
    'TRACE',
    'TRACK',
    '',
    ' POST',
    'PO ST',
    'POST\r\nx: y',
    'P\0',
    'PÖST',
    undefined,
  ])('%j is refused', async (method) => {
    expect(await refusal({}, { method: method as string })).toEqual(invalidOption);
  });
});

describe('URL', () => {
  const baseUrl = new URL('https://api.example/v1/');
  test.each<[string, Partial<FreezeInput>, unknown, string]>([
    ['absolute', { url: 'https://x.example/a?b=c', baseUrl }, {}, 'https://x.example/a?b=c'],
    ['URL', { url: new URL('https://x.example/a') }, {}, 'https://x.example/a'],
    ['relative', { url: 'charges', baseUrl }, {}, 'https://api.example/v1/charges'],
    ['from the root', { url: '/charges', baseUrl }, {}, 'https://api.example/charges'],
    ['empty', { url: '', baseUrl }, {}, 'https://api.example/v1/'],
    ['fragment dropped', { url: 'charges#top', baseUrl }, {}, 'https://api.example/v1/charges'],
    [
      'parameters',
      { url: 'charges', baseUrl },
      { a: 1, b: true, c: 'ä &=' },
      'https://api.example/v1/charges?a=1&b=true&c=%C3%A4+%26%3D',
    ],
    ['parameters appended', { url: 'charges?a=0', baseUrl }, { a: 1 }, 'https://api.example/v1/charges?a=0&a=1'],
    ['no parameters', { url: 'charges?', baseUrl }, {}, 'https://api.example/v1/charges?'],
    ['unicode', { url: 'zahlung/ü', baseUrl }, {}, 'https://api.example/v1/zahlung/%C3%BC'],
  ])('%s', async (_name, given, searchParams, expected) => {
    expect((await freeze({ searchParams }, given)).url).toBe(expected);
  });
  test.each<[string, string, unknown]>([
    ['relative without a base', 'charges', {}],
    ['not http', 'ftp://x.example/', {}],
    ['data', 'data:text/plain,x', {}],
    ['file', 'file:///etc/passwd', {}],
    ['javascript', 'javascript:1', {}],
    ['malformed', 'https://', {}],
    ['user name', `https://${SECRET}@x.example/`, {}],
    ['password', `https://u:${SECRET}@x.example/`, {}],
    ['token in the query', `${URL_OF}?access_token=${SECRET}`, {}],
    ['token in searchParams', URL_OF, { token: SECRET }],
    ['searchParams that only look empty', URL_OF, new URLSearchParams({ a: '1' })],
    ['searchParams as text', URL_OF, 'a=1'],
    ['searchParams as pairs', URL_OF, [['a', '1']]],
    ['undefined parameter', URL_OF, { a: undefined }],
    ['null parameter', URL_OF, { a: null }],
    ['object parameter', URL_OF, { a: {} }],
    ['NaN parameter', URL_OF, { a: Number.NaN }],
  ])('%s is refused', async (_name, url, searchParams) => {
    expect(await refusal({ searchParams }, { url })).toEqual(invalidOption);
  });
  test('what is wrong with searchParams is named', async () => {
    expect((await refusal({ searchParams: { a: 1, b: null } })).message).toContain('b must be');
    expect((await refusal({ searchParams: new URLSearchParams() })).message).toContain('plain object');
    expect((await refusal({ searchParams: [['a', '1']] })).message).toContain('plain object');
  });
  test('a password in baseUrl is refused too', async () => {
    const baseUrl = new URL(`https://u:${SECRET}@x.example/`);
    expect(await refusal({}, { url: 'charges', baseUrl })).toEqual(invalidOption);
  });
  test('a card number in the query is refused', async () => {
    expect(await refusal({}, { url: `${URL_OF}?card_number=4242424242424242` })).toEqual(
      code('ERR_ONCEWARD_CARD_DATA'),
    );
    expect(await refusal({ searchParams: { cvc: '123' } })).toEqual(code('ERR_ONCEWARD_CARD_DATA'));
  });
});

describe('headers', () => {
  test("the call's replace the client's, and their order does not depend on where they stand", async () => {
    const client = { prefer: 'a', accept: 'text/plain' };
    const call = { 'content-type': 'text/x', accept: 'application/json' };
    const { headers } = await freeze({ headers: call }, { headers: client });
    expect(headers).toEqual([
      ['accept', 'application/json'],
      ['content-type', 'text/x'],
      ['prefer', 'a'],
    ]);
    const all = await freeze({ headers: { ...client, ...call } });
    expect(all.headers).toEqual(headers);
  });
  test.each<[string, HeadersInit]>([
    ['credential', { authorization: SECRET }],
    ['unknown', { 'x-tenant': SECRET }],
    ['invalid', { accept: `a\n${SECRET}` }],
    ['key', { 'Idempotency-Key': SECRET }],
  ])('%s: refused without showing the value, in the call and in the client', async (_name, headers) => {
    expect(await refusal({ headers })).toEqual(invalidOption);
    expect(await refusal({}, { headers })).toEqual(invalidOption);
  });
  test('safeHeaders and companions are stored', async () => {
    const { headers } = await freeze({ headers: { 'X-Tenant': 't' } }, { storable: new Set(['x-tenant']) });
    expect(headers).toEqual([['x-tenant', 't']]);
  });
});

describe('what happens to the given objects afterwards', () => {
  test('changes nothing', async () => {
    const json = { amount: 1, lines: [1] };
    const buffer = new Uint8Array([1, 2, 3]);
    const form = new FormData();
    form.append('a', '1');
    const params = new URLSearchParams({ a: '1' });
    const headers = new Headers({ accept: 'a' });
    const searchParams: Record<string, string> = { q: '1' };
    const url = new URL(URL_OF);
    const frozen = [
      freeze({ json, headers, searchParams }, { url }),
      freeze({ body: buffer }),
      freeze({ body: buffer.buffer }),
      freeze({ body: form }),
      freeze({ body: params }),
    ];
    json.amount = 2;
    json.lines.push(2);
    buffer.fill(9);
    form.append('b', '2');
    params.append('b', '2');
    headers.set('accept', 'b');
    searchParams['q'] = '2';
    url.pathname = '/other';
    const [asJson, asBytes, asBuffer, asForm, asParams] = await Promise.all(frozen);
    const text = (body: Uint8Array | undefined) => new TextDecoder().decode(body);
    expect(text(asJson?.body)).toBe('{"amount":1,"lines":[1]}');
    expect(asJson).toMatchObject({
      url: `${URL_OF}?q=1`,
      headers: [
        ['accept', 'a'],
        ['content-type', 'application/json'],
      ],
    });
    expect([...(asBytes?.body ?? [])]).toEqual([1, 2, 3]);
    expect([...(asBuffer?.body ?? [])]).toEqual([1, 2, 3]);
    expect(text(asForm?.body)).not.toContain('name="b"');
    expect(text(asParams?.body)).toBe('a=1');
  });
});

test('whatever is handed in: a request that fetch takes, or a UsageError', async () => {
  const any = fc.anything({ maxDepth: 2, maxKeys: 3 });
  const options = fc.record({ json: any, body: any, headers: any, searchParams: any }, { requiredKeys: [] });
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.oneof(fc.constant('POST'), fc.string()),
      fc.oneof(fc.webUrl(), fc.string()),
      async (given, method, url) => {
        try {
          const { body, ...frozen } = await freeze(given, { method, url });
          const headers = frozen.headers.map(([name, value]): [string, string] => [name, value]);
          expect(new Request(frozen.url, { method: frozen.method, headers, ...(body && { body }) }).url).toBe(
            frozen.url,
          );
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      },
    ),
    { numRuns: 60 },
  );
});
