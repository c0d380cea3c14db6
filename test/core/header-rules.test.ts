import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import {
  credentialHeaders,
  recordedHeaders,
  refuseSecretsInUrl,
  storableHeaders,
} from '../../src/core/header-rules.ts';

const NONE: ReadonlySet<string> = new Set();
const SECRET = 's3cr3t-canary';

/** The error of `run`; fails where there is none, or where it shows the canary. */
function refusal(run: () => unknown): UsageError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    const shown = [error, (error as Error).stack, JSON.stringify(error), (error as Error).cause].map(String).join();
    expect(shown).not.toContain(SECRET);
    return error as UsageError;
  }
  throw new Error('nothing was refused');
}

describe('headers that are stored', () => {
  test.each<[string, HeadersInit | undefined, ReadonlySet<string>, readonly (readonly [string, string])[]]>([
    ['none', undefined, NONE, []],
    [
      'by allow-list, lower case, sorted',
      { Prefer: 'a', ACCEPT: 'b' },
      NONE,
      [
        ['accept', 'b'],
        ['prefer', 'a'],
      ],
    ],
    [
      'pairs',
      [
        ['Accept', 'b'],
        ['accept', 'c'],
      ],
      NONE,
      [['accept', 'b, c']],
    ],
    ['Headers', new Headers({ Accept: 'b' }), NONE, [['accept', 'b']]],
    [
      'named by the profile or in safeHeaders',
      { 'Stripe-Version': '1' },
      new Set(['stripe-version']),
      [['stripe-version', '1']],
    ],
    ['values are trimmed once, here', { accept: '  b ' }, NONE, [['accept', 'b']]],
  ])('%s', (_name, given, further, expected) => {
    expect(storableHeaders(given, further)).toEqual(expected);
  });
  test("the caller's array is not written into", () => {
    const given = Object.freeze([Object.freeze(['Accept', 'b'])]) as unknown as HeadersInit;
    expect(storableHeaders(given, NONE)).toEqual([['accept', 'b']]);
  });

  const credentials = [
    'authorization',
    'proxy-authorization',
    'cookie',
    'x-api-key',
    'x-csrf-token',
    'dpop',
    'x-auth-token',
  ];
  test.each(credentials)('%s is refused with a hint to authorize', (name) => {
    const error = refusal(() => storableHeaders({ [name.toUpperCase()]: SECRET }, NONE));
    expect(error.code).toBe('ERR_ONCEWARD_INVALID_OPTION');
    expect(error.message).toContain(name);
    expect(error.message).toContain('authorize');
  });
  test.each(credentials)('%s is refused also where safeHeaders names it', (name) => {
    expect(refusal(() => storableHeaders({ [name]: SECRET }, new Set([name]))).message).toContain('authorize');
  });
  test('one that is not known is refused with a hint to safeHeaders', () => {
    const error = refusal(() => storableHeaders({ 'X-Tenant': SECRET }, NONE));
    expect(error.message).toContain('x-tenant');
    expect(error.message).toContain('safeHeaders');
  });
  test.each(['idempotency-key', 'Idempotency-Key'])('%s is made by us: the option is key', (name) => {
    const error = refusal(() => storableHeaders({ [name]: SECRET }, new Set(['idempotency-key'])));
    expect(error.message).toContain('key');
    expect(error.message).toContain('option');
  });
  test.each([
    'content-length',
    'host',
    'connection',
    'transfer-encoding',
    'keep-alive',
    'upgrade',
    'te',
    'trailer',
    'expect',
  ])('%s belongs to the transport, and every attempt would fail on it', (name) => {
    const error = refusal(() => storableHeaders({ [name]: SECRET }, new Set([name])));
    expect(error.message).toContain(name);
  });
  test.each<[string, unknown]>([
    ['line break', { accept: `a\r\nx: ${SECRET}` }],
    ['NUL', { accept: `a\0${SECRET}` }],
    ['not Latin-1', { accept: `${SECRET}\u0100` }],
    ['name with a blank', { 'a b': SECRET }],
    ['empty name', { '': SECRET }],
    ['a pair of one', [['accept']]],
    ['a string', SECRET],
    ['null', null],
    ['pairs of nothing', [null]],
  ])('%s is refused without showing the value', (_name, given) => {
    refusal(() => storableHeaders(given as HeadersInit, NONE));
  });
});

describe('what authorize may set', () => {
  test.each(['Authorization', 'Cookie', 'X-Api-Key', 'X-CSRF-Token', 'DPoP', 'Signature', 'Content-Digest'])(
    '%s',
    (name) => {
      expect(credentialHeaders({ [name]: SECRET }, NONE)).toEqual([[name.toLowerCase(), SECRET]]);
    },
  );
  test('a name of authorizeHeaders', () => {
    expect(credentialHeaders({ 'X-Session': SECRET }, new Set(['x-session']))).toEqual([['x-session', SECRET]]);
  });
  test.each(['Content-Type', 'Accept', 'Stripe-Account', 'X-Session', 'Idempotency-Key'])('%s is refused', (name) => {
    expect(refusal(() => credentialHeaders({ [name]: SECRET }, NONE)).message).toContain(name.toLowerCase());
  });
  test.each(['Idempotency-Key', 'Content-Length'])('%s also where authorizeHeaders names it', (name) => {
    refusal(() => credentialHeaders({ [name]: SECRET }, new Set([name.toLowerCase()])));
  });
  test('an invalid value is not shown', () => {
    refusal(() => credentialHeaders({ authorization: `a\nb${SECRET}` }, NONE));
  });
});

test('recorded headers of a response: by allow-list, never a cookie', () => {
  const headers: [string, string][] = [
    ['content-type', 'a'],
    ['set-cookie', SECRET],
    ['set-cookie', SECRET],
    ['x-request-id', 'b'],
    ['x-secret', SECRET],
    ['retry-after', '1'],
    ['idempotent-replayed', 'true'],
  ];
  expect(recordedHeaders(headers, new Set(['idempotent-replayed', 'set-cookie']))).toEqual({
    'content-type': 'a',
    'x-request-id': 'b',
    'retry-after': '1',
    'idempotent-replayed': 'true',
  });
});

describe('credentials in URLs', () => {
  test.each([
    `https://${SECRET}@api.example/`,
    `https://user:${SECRET}@api.example/`,
    `https://:${SECRET}@api.example/`,
    ...[
      'access_token',
      'api_key',
      'apikey',
      'token',
      'sig',
      'signature',
      'password',
      'Access_Token',
      'TOKEN',
      'to%6ben',
    ].map((name) => `https://api.example/charges?a=1&${name}=${SECRET}`),
    `https://api.example/?token`,
  ])('%s', (url) => {
    expect(refusal(() => refuseSecretsInUrl(new URL(url))).message).toMatch(/stored/);
  });
  test('the place is named', () => {
    expect(refusal(() => refuseSecretsInUrl(new URL(`https://x.example/?Token=${SECRET}`))).message).toContain('Token');
    expect(refusal(() => refuseSecretsInUrl(new URL(`https://u:${SECRET}@x.example/`))).message).toContain('user name');
  });
  test.each([
    'https://api.example/',
    'https://api.example/token?page=1',
    'https://api.example/?tokens=1&token_type=x&design=2&next_page_token_=3',
    'https://api.example/?x=access_token',
  ])('%s is fine', (url) => {
    expect(() => refuseSecretsInUrl(new URL(url))).not.toThrow();
  });
});
