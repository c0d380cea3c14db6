import { describe, expect, test } from 'vitest';
import { honoursKey, routeFacts } from '../../src/core/route.ts';
import { generic } from './support/rules.ts';

const asks = (routes: Record<string, 'yes' | 'no' | 'unknown'>, method: string, path: string) =>
  honoursKey({ ...generic, routes }, method, new URL(path, 'https://api.example').href);

describe('routes', () => {
  test.each<[string, string, string, 'yes' | 'unknown']>([
    ['POST /charges', 'POST', '/charges', 'yes'],
    ['POST /charges', 'POST', '/charges?expand=card', 'yes'],
    ['POST /charges', 'PUT', '/charges', 'unknown'],
    ['POST /charges', 'POST', '/charges/1', 'unknown'],
    ['POST /charges', 'POST', '/charges/', 'unknown'],
    ['POST /charges', 'POST', '/v1/charges', 'unknown'],
    ['POST /charges', 'POST', '/CHARGES', 'unknown'],
    ['POST /v1/*', 'POST', '/v1/charges', 'yes'],
    ['POST /v1/*', 'POST', '/v1', 'unknown'],
    ['POST /v1/*', 'POST', '/v1/charges/1', 'unknown'],
    ['POST /v1/*/refunds', 'POST', '/v1/ch_1/refunds', 'yes'],
    ['POST /v1/*/refunds', 'POST', '/v1/a/b/refunds', 'unknown'],
    ['POST /v1/**', 'POST', '/v1/charges/1/refunds', 'yes'],
    ['POST /v1/**', 'POST', '/v10/charges', 'unknown'],
    ['POST /v1/**', 'POST', '/v2/../v1/charges', 'yes'],
    ['POST /v1/**', 'POST', '/v1/../v2/charges', 'unknown'],
    ['POST /v1/**', 'POST', '/v1/%2e%2e/v2/charges', 'unknown'],
    ['* /v1/**', 'DELETE', '/v1/charges/1', 'yes'],
    ['* /**', 'REPORT', '/', 'yes'],
  ])('%s, asked for %s %s: %s', (route, method, path, expected) => {
    expect(asks({ [route]: 'yes' }, method, path)).toBe(expected);
  });
  test('the first match wins', () => {
    const routes = { 'POST /v1/batch': 'no', 'POST /v1/**': 'yes', '* /**': 'unknown' } as const;
    expect(asks(routes, 'POST', '/v1/batch')).toBe('no');
    expect(asks(routes, 'POST', '/v1/charges')).toBe('yes');
    expect(asks(routes, 'PUT', '/v1/charges')).toBe('unknown');
  });
  test('no routes: unknown', () => {
    expect(asks({}, 'POST', '/')).toBe('unknown');
  });
  test('a word is whether the key is honoured; the rest is as everywhere', () => {
    const profile = { ...generic, routes: { 'POST /plain': 'yes' as const } };
    const everywhere = { lifetime: generic.lifetime, keyLimit: generic.key.limit, required: generic.required };
    expect(routeFacts(profile, 'POST', 'https://api.example/plain')).toEqual({ honoured: 'yes', ...everywhere });
    expect(routeFacts(profile, 'POST', 'https://api.example/other')).toEqual({ honoured: 'unknown', ...everywhere });
  });
  test('a rule says what differs from the rest of the API', () => {
    const short = { kind: 'fixed', ms: 3_600_000 } as const;
    const routes = {
      'POST /a': { honoured: 'yes', lifetime: short, keyLimit: 38 },
      'POST /b': { honoured: 'no' },
    } as const;
    const at = (path: string) =>
      routeFacts({ ...generic, required: 'yes', routes }, 'POST', `https://api.example${path}`);
    expect(at('/a')).toEqual({ honoured: 'yes', lifetime: short, keyLimit: 38, required: 'yes' });
    expect(at('/b')).toEqual({
      honoured: 'no',
      lifetime: generic.lifetime,
      keyLimit: generic.key.limit,
      required: 'yes',
    });
  });
});
