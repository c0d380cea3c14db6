import { expect, test } from 'vitest';
import { azureRepeatable, ietf, square } from '../../src/profiles/index.ts';
import { type Carried, outgoing } from '../../src/verify/outgoing.ts';

const raw = ietf({ keyLifetime: '24h' });
const quoted = ietf({ keyLifetime: '24h', encoding: 'sf-string' });
const key: Carried = { kind: 'key', key: 'k-1' };

function made(profile: typeof raw, carried: Carried, base = 'http://localhost:3000/api/') {
  const out = outgoing({
    base: new URL(base),
    profile: profile.data,
    request: { path: '/charges?x=1', json: { amount: 1 } },
    carried,
    sentAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    credentials: [['authorization', 'Bearer one']],
  });
  return { ...out, url: out.url.href, body: new TextDecoder().decode(out.body) };
}

test('path and query go below the base', () => {
  expect(made(raw, key)).toMatchObject({
    method: 'POST',
    url: 'http://localhost:3000/api/charges?x=1',
    body: '{"amount":1}',
  });
});

test.each<[what: string, profile: typeof raw, carried: Carried, line: [string, string][]]>([
  ['a key in a header', raw, key, [['Idempotency-Key', 'k-1']]],
  ['a key in quotes', quoted, key, [['Idempotency-Key', '"k-1"']]],
  ['no key', raw, { kind: 'none' }, []],
  [
    'two keys as they are',
    raw,
    { kind: 'raw', values: ['a', 'b'] },
    [
      ['Idempotency-Key', 'a'],
      ['Idempotency-Key', 'b'],
    ],
  ],
  ['a key in quotes as it is', quoted, { kind: 'raw', values: ['a'] }, [['Idempotency-Key', 'a']]],
])('%s', (_what, profile, carried, lines) => {
  const { headers } = made(profile, carried);
  expect(headers.filter(([name]) => name === 'Idempotency-Key')).toEqual(lines);
  expect(headers).toContainEqual(['authorization', 'Bearer one']);
});

test.each<[what: string, carried: Carried, body: string]>([
  ['a key', key, '{"idempotency_key":"k-1","amount":1}'],
  ['none', { kind: 'none' }, '{"amount":1}'],
  ['a number', { kind: 'raw', values: ['7'] }, '{"idempotency_key":7,"amount":1}'],
])('in the body: %s', (_what, carried, body) => {
  const out = made(square, carried);
  expect(out.body).toBe(body);
  expect(out.headers).toContainEqual(['content-length', `${body.length}`]);
});

test('the time of the first send goes with the key, and not without one', () => {
  const named = (carried: Carried) =>
    made(azureRepeatable, carried).headers.filter(([name]) => /first-sent/i.test(name));
  expect(named(key)).toEqual([['Repeatability-First-Sent', 'Fri, 02 Jan 2026 03:04:05 GMT']]);
  expect(named({ kind: 'none' })).toEqual([]);
});
