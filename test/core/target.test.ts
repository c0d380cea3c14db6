import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, allowedTarget, isQuestion, type Target } from '../../src/core/target.ts';

const OWN = 'https://api.example/v1/charges';
const trusted = new Set(['https://status.example', 'http://plain.example']);
const from = (location: string | undefined, kind: Target['kind'] = 'monitor', own = OWN) =>
  allowedTarget(location, { kind, from: own, own, trusted });

describe('where a client may go', () => {
  test.each<[string, string | undefined, string | undefined]>([
    ['a path', '/operations/1', 'https://api.example/operations/1'],
    ['relative to the request', 'operations/1', 'https://api.example/v1/operations/1'],
    ['a query is kept as it came', '/o?sig=a%2Fb', 'https://api.example/o?sig=a%2Fb'],
    ['its own origin, spelt out', 'https://api.example/o', 'https://api.example/o'],
    ['a trusted origin', 'https://status.example/o', 'https://status.example/o'],
    ['any other origin', 'https://evil.example/o', undefined],
    ['an origin that only looks like its own', 'https://api.example.evil.example/o', undefined],
    ['another port', 'https://api.example:444/o', undefined],
    ['the same name without TLS', 'http://api.example/o', undefined],
    ['an origin trusted without TLS', 'http://plain.example/o', undefined],
    ['a user name', 'https://user@api.example/o', undefined],
    ['a password', 'https://:secret@api.example/o', undefined],
    ['a trusted origin with a user name', 'https://user@status.example/o', undefined],
    ['a script', 'javascript:alert(1)', undefined],
    ['a file', 'file:///etc/passwd', undefined],
    ['no address', 'http://', undefined],
    ['nothing', undefined, undefined],
  ])('%s', (_, location, expected) => expect(from(location)).toBe(expected));

  test('the request itself goes to its own origin only', () => {
    expect(from('/v2/charges', 'redirect')).toBe('https://api.example/v2/charges');
    expect(from('https://status.example/charges', 'redirect')).toBeUndefined();
  });
  test('without TLS, where the request itself has none', () => {
    expect(from('/o', 'monitor', 'http://127.0.0.1:80/x')).toBe('http://127.0.0.1/o');
  });
  test('whatever a server writes: its own origin, or a trusted one with TLS', () => {
    const part = fc.constantFrom(
      'https:',
      'http:',
      '//',
      '/',
      '@',
      ':',
      'api.example',
      'status.example',
      'evil.example',
      '..',
      '?',
      '#',
      '\\',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const to = from(parts.join(''));
        if (to === undefined) return;
        const { origin, username, password } = new URL(to);
        expect(['https://api.example', 'https://status.example']).toContain(origin);
        expect(username + password).toBe('');
      }),
    );
  });
});

test('everything but a redirect only asks', () => {
  const kinds = ['operation', 'monitor', 'result', 'recovery', 'redirect'] as const;
  expect(kinds.filter((kind) => isQuestion({ kind, url: OWN }))).toEqual(kinds.slice(0, 4));
  expect(isQuestion(undefined)).toBe(false);
});

test('relative addresses are relative to where the answer came from', () => {
  expect(addressOf({ url: OWN }, undefined)).toBe(OWN);
  expect(addressOf({ url: OWN }, { kind: 'monitor', url: 'https://api.example/o' })).toBe('https://api.example/o');
});
