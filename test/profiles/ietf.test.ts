import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import { observe } from '../../src/core/observe.ts';
import { honoursKey } from '../../src/core/route.ts';
import { type ExampleAnswer, type IetfOptions, ietf } from '../../src/profiles/index.ts';
import { FIRST, json, LATER, response } from '../core/support/rules.ts';

const { data } = ietf({ keyLifetime: '24h' });

describe('options', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['no lifetime', {}],
    ['undefined lifetime', { keyLifetime: undefined }],
    ['negative lifetime', { keyLifetime: -1 }],
    ['endless lifetime', { keyLifetime: Number.POSITIVE_INFINITY }],
    ['a lifetime that is none', { keyLifetime: 'a day' }],
    // read as 'final', each 202 would be taken for a success
    ["accepted: 'later'", { keyLifetime: '1h', accepted: 'later' }],
    ['accepted misspelt', { keyLifetime: '1h', accepted: 'Reask' }],
    ['conflict misspelt', { keyLifetime: '1h', conflict: 'Final' }],
    ['storesClientErrors as a text', { keyLifetime: '1h', storesClientErrors: 'false' }],
    ['mismatchType that is no text', { keyLifetime: '1h', mismatchType: 422 }],
    ['an option that is none', { keyLifetime: '1h', lifetime: '1h' }],
    // sent raw, a strict server would ignore the key
    ["encoding: 'quoted'", { keyLifetime: '1h', encoding: 'quoted' }],
  ])('%s is refused', (_name, options) => {
    expect(() => ietf(options as IetfOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION' }),
    );
    expect(() => ietf(options as IetfOptions)).toThrow(UsageError);
  });
  test('the least', () => {
    expect(data).toMatchObject({
      name: 'ietf',
      carrier: { kind: 'header', name: 'Idempotency-Key' },
      key: { limit: 255 },
      lifetime: { kind: 'fixed', ms: 86_400_000 },
      accepted: 'reask',
      conflict: 'in-progress',
      stores: { clientErrors: 'unknown', serverErrors: 'unknown' },
      rejections: { later: [] },
    });
  });
  test('all', () => {
    const options: IetfOptions = {
      keyLifetime: '2h',
      accepted: 'final',
      conflict: 'final',
      storesClientErrors: true,
      mismatchType: 'urn:x',
    };
    expect(ietf(options).data).toMatchObject({
      lifetime: { kind: 'fixed', ms: 7_200_000 },
      accepted: 'final',
      conflict: 'final',
      stores: { clientErrors: 'yes' },
      rejections: { later: [400, 402, 404, 405, 410, 413, 415, 422] },
    });
  });
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s anywhere', (method) => {
  expect(honoursKey(data, method, 'https://x.example/any/where')).toBe('yes');
  expect(honoursKey(data, 'MERGE', 'https://x.example/any/where')).toBe('unknown');
});

describe('what the mock says is understood', () => {
  test.each<[string, ExampleAnswer | undefined, object, object?]>([
    ['in progress', data.answers.inProgress, { means: 'in-progress', named: true }],
    ['mismatch', data.answers.mismatch, { means: 'doubt', reason: 'key-mismatch' }],
    [
      'missing key',
      data.answers.missingKey,
      { means: 'rejection', source: 'network' },
      { means: 'doubt', reason: 'not-repeatable' },
    ],
  ])('%s', (_name, example, first, later = first) => {
    const { status, headers, body } = example as ExampleAnswer;
    expect(observe(response(status, headers, body), data, FIRST)).toEqual(first);
    expect(observe(response(status, headers, body), data, LATER)).toEqual(later);
  });
  test('also by a type of the caller, which need not be safe inside JSON', () => {
    const type = 'https://x.example/"reuse"\\';
    const { data: profile } = ietf({ keyLifetime: '24h', mismatchType: type });
    const { status, headers, body } = profile.answers.mismatch as ExampleAnswer;
    expect(JSON.parse(body)).toMatchObject({ type });
    expect(observe(response(status, headers, body), profile, FIRST)).toEqual({
      means: 'doubt',
      reason: 'key-mismatch',
    });
    expect(observe(json(422, { type }), profile, LATER)).toEqual({ means: 'doubt', reason: 'key-mismatch' });
  });
});
