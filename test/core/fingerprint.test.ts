import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf, fingerprintOf, newSalt } from '../../src/core/fingerprint.ts';
import type { StoredRequest } from '../../src/core/record.ts';
import { bytes } from './support/rules.ts';

const SALT = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const OTHER_SALT = '7c9e6679-7425-40de-944b-e07fc1f90ae8';
const request: StoredRequest = {
  method: 'POST',
  url: 'https://api.example/charges',
  headers: [['content-type', 'application/json']],
  body: bytes('{"amount":1}'),
};
const of = (given: Partial<StoredRequest> = {}, fingerprint?: string, salt = SALT) =>
  fingerprintOf({ ...request, ...given }, fingerprint, salt);

describe('same request', () => {
  test('equal parts, equal fingerprint', () => {
    expect(of({ body: bytes('{"amount":1}'), headers: [['content-type', 'application/json']] })).toBe(of());
  });
  test.each<[string, Partial<StoredRequest>]>([
    ['method', { method: 'PUT' }],
    ['path', { url: 'https://api.example/charges/' }],
    ['query', { url: 'https://api.example/charges?a=1' }],
    ['host', { url: 'https://api2.example/charges' }],
    ['header value', { headers: [['content-type', 'text/plain']] }],
    ['header', { headers: [] }],
    [
      'further header',
      {
        headers: [
          ['accept', 'x'],
          ['content-type', 'application/json'],
        ],
      },
    ],
    ['body', { body: bytes('{"amount":2}') }],
    ['length', { body: bytes('{"amount":1} ') }],
  ])('another %s, another fingerprint', (_name, given) => {
    expect(of(given)).not.toBe(of());
  });
  test('no body, another fingerprint', () => {
    const { body: _, ...bare } = request;
    expect(fingerprintOf(bare, undefined, SALT)).not.toBe(of());
  });
  test("with the caller's own, nothing else counts", () => {
    expect(of({ body: bytes('x'), method: 'PUT', headers: [] }, 'cart 7')).toBe(of({}, 'cart 7'));
    expect(of({}, 'cart 8')).not.toBe(of({}, 'cart 7'));
    expect(of({}, '')).not.toBe(of());
  });
  test("the caller's own cannot be mistaken for a request", () => {
    const { body: _, ...bare } = request;
    const text = JSON.stringify([bare.method, bare.url, bare.headers]);
    expect(of({}, text)).not.toBe(fingerprintOf(bare, undefined, SALT));
  });
  test('parts do not run into each other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
        const equal = Buffer.from(a).equals(Buffer.from(b));
        expect(of({ body: new Uint8Array(a) }) === of({ body: new Uint8Array(b) })).toBe(equal);
      }),
    );
  });
  test('salted: the same request under two names has two fingerprints', () => {
    expect(of({}, undefined, OTHER_SALT)).not.toBe(of());
    expect(of({}, 'cart 7', OTHER_SALT)).not.toBe(of({}, 'cart 7'));
  });
});

test('a salt is made of sixteen random bytes', () => {
  const asked: number[] = [];
  const random = { bytes: (n: number) => (asked.push(n), new Uint8Array(n).fill(7)), fraction: () => 0 };
  expect(newSalt(random)).toBe('07070707-0707-4707-8707-070707070707');
  expect(asked).toEqual([16]);
});

test('answers are told apart by status and bytes', () => {
  const digests = [
    digestOf(500, bytes('a'), SALT),
    digestOf(500, bytes('b'), SALT),
    digestOf(201, bytes('a'), SALT),
    digestOf(500, bytes(''), SALT),
    digestOf(500, bytes('a'), OTHER_SALT),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digestOf(500, bytes('a'), SALT)).toBe(digests[0]);
});
