import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import { observe } from '../../src/core/observe.ts';
import { routeFacts } from '../../src/core/route.ts';
import { createMock } from '../../src/mock/index.ts';
import { defineProfile, type ProfileData } from '../../src/profiles/index.ts';
import { FIRST, json, LATER, response } from '../core/support/rules.ts';
import { FACTS, GONE, having, type Junk, refusal } from './define-profile-facts.ts';

describe('junk', () => {
  const cyclic: Junk = { ...FACTS };
  cyclic['cors'] = cyclic;
  const wide: Junk = { ...FACTS };
  for (const name of ['a', 'b', 'c', 'd']) wide[name] = wide;
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'acme'],
    ['a list', [FACTS]],
    ['a function', () => FACTS],
    ['a date', new Date(0)],
    ['a map', new Map(Object.entries(FACTS))],
    ['itself', cyclic],
    ['itself many times', wide],
    [
      'a list without end',
      having(
        'rejections/first',
        Array.from({ length: 20_000 }, () => 400),
      ),
    ],
    ['a sparse list', having('rejections/first', Object.assign([], { length: 4_000_000_000 }))],
    ['a prototype as a fact', JSON.parse('{"__proto__":{"name":"acme"}}')],
    ['a class', having('key', class Key {})],
    [
      'a getter that throws',
      {
        ...FACTS,
        get name(): string {
          throw new Error('secret');
        },
      },
    ],
    [
      'a proxy',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new TypeError('secret');
          },
        },
      ),
    ],
  ])('%s', (_name, data) => {
    const { message } = refusal(data);
    expect(message).toMatch(/^defineProfile: /);
    expect(message).not.toContain('secret');
  });
  test('a getter is asked once: what was checked is what is kept', () => {
    let asked = 0;
    const data = {
      ...FACTS,
      get accepted() {
        asked += 1;
        return asked === 1 ? 'final' : 'nonsense';
      },
    };
    expect(defineProfile(data as ProfileData).data.accepted).toBe('final');
  });

  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
  });
  test('nothing but UsageError', () => {
    fc.assert(
      fc.property(anything, (junk) => {
        expect(refusal(junk)).toBeInstanceOf(UsageError);
      }),
    );
  });

  /** Paths of every member, however deep. */
  const places = (value: unknown, path = ''): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, member]) => {
          const at = path === '' ? name.replaceAll('/', '~') : `${path}/${name.replaceAll('/', '~')}`;
          return [at, ...places(member, at)];
        })
      : [];
  const likely = fc.oneof(
    anything,
    fc.constantFrom<unknown>(
      'yes',
      'final',
      'rejected',
      409,
      [409],
      { status: 409 },
      {},
      [],
      -1,
      '',
      true,
      GONE,
      ...Object.values(FACTS),
    ),
  );
  test('one wrong fact: refused by UsageError, or what is taken can be used', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places(FACTS)), likely, (path, value) => {
        let profile;
        try {
          profile = defineProfile(having(path, value) as unknown as ProfileData);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          return;
        }
        const { data } = profile;
        for (const answer of [
          json(409, { id: 1 }),
          json(200, []),
          response(422),
          response(503, { 'retry-after': '1' }),
        ]) {
          for (const context of [FIRST, LATER]) expect(observe(answer, data, context)).toHaveProperty('means');
        }
        expect(routeFacts(data, 'POST', 'https://acme.example/v1/payments')).toHaveProperty('honoured');
        expect(createMock({ profile })).toHaveProperty('fetch');
      }),
      { numRuns: 2_000 },
    );
  });
});
