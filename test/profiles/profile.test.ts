import { describe, expect, test } from 'vitest';
import { honoursKey } from '../../src/core/route.ts';
import { ietf, type Profile, stripeV1 } from '../../src/profiles/index.ts';

type Options = Parameters<Profile['with']>[0];
const asks = ({ data }: Profile, method: string, path: string) => honoursKey(data, method, `https://x.example${path}`);

describe('with', () => {
  test('makes another profile, and leaves the first alone', () => {
    const before = structuredClone(stripeV1.data);
    const other = stripeV1.with({ keyLifetime: '30d', accepted: 'reask', routes: { 'DELETE /v1/**': 'yes' } });
    expect(other.data).toMatchObject({
      name: 'stripe-v1',
      lifetime: { kind: 'fixed', ms: 30 * 86_400_000 },
      accepted: 'reask',
    });
    expect(stripeV1.data).toEqual(before);
    expect(other.with({}).data).toEqual(other.data);
  });
  test("the caller's routes come first, also where the profile has the same", () => {
    const other = stripeV1.with({ routes: { '* /**': 'yes', 'POST /v1/tokens': 'no' } });
    expect(asks(other, 'DELETE', '/v1/x')).toBe('yes');
    expect(asks(other, 'POST', '/v2/x')).toBe('yes');
    const last = other.with({ routes: { 'POST /v1/tokens': 'no' } });
    expect(asks(last, 'POST', '/v1/tokens')).toBe('no');
    expect(asks(stripeV1, 'DELETE', '/v1/x')).toBe('no');
  });
  test.each<[string, unknown]>([
    ['lifetime', { keyLifetime: 'long' }],
    ["accepted: 'later'", { accepted: 'later' }],
    ['a route without a method', { routes: { '/v1/**': 'yes' } }],
    ['a route in small letters', { routes: { 'post /v1/**': 'yes' } }],
    ['a route without a path', { routes: { POST: 'yes' } }],
    ['a route that is a URL', { routes: { 'POST https://x.example/v1': 'yes' } }],
    ['a route of three', { routes: { 'POST /v1 /v2': 'yes' } }],
    ['a route that says true', { routes: { 'POST /v1/**': true } }],
    ['an option that is none', { lifetime: '1h' }],
  ])('%s is refused', (_name, options) => {
    expect(() => stripeV1.with(options as Options)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION' }),
    );
  });
});

test('profiles are frozen: two clients share them', () => {
  for (const profile of [stripeV1, ietf({ keyLifetime: '1h' })]) {
    expect(Object.isFrozen(profile)).toBe(true);
    expect(Object.isFrozen(profile.data)).toBe(true);
  }
});
