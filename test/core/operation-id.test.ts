import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import { namePrefix, operationName } from '../../src/core/operation-id.ts';
import type { OperationId } from '../../src/core/types.ts';

/** What a caller without types may hand in. */
const named = (id: unknown) => operationName(id as OperationId);

describe('names', () => {
  test.each<[OperationId, string]>([
    ['cart:1', 'cart:1'],
    ['cart/1', 'cart/1'],
    ['x', 'x'],
    ['x'.repeat(200), 'x'.repeat(200)],
    ['Bestellung 7 für Jürgen', 'Bestellung 7 für Jürgen'],
    ['👍', '👍'],
    [['cart', 1], 'cart/1'],
    [['cart', 0], 'cart/0'],
    [['cart', -1.5], 'cart/-1.5'],
    [['a/b', 'c%d'], 'a%2Fb/c%25d'],
    [['a', 'b'], 'a/b'],
    [['..', '.'], '../.'],
    [['undefinedness', 'nullable', 'NaNette'], 'undefinedness/nullable/NaNette'],
    [['👍'], '%F0%9F%91%8D'],
  ])('%j is %s', (id, name) => {
    expect(operationName(id)).toBe(name);
  });

  test('no two arrays share a name, unless they say the same', () => {
    const part = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        (a, b) => {
          const [first, second] = [a, b].map((id) => {
            try {
              return operationName(id);
            } catch {
              return undefined;
            }
          });
          if (first !== undefined) expect(first === second).toBe(JSON.stringify(a) === JSON.stringify(b));
        },
      ),
    );
  });
});

describe('what names nothing is refused', () => {
  const nothing = [
    '',
    'undefined',
    'null',
    'NaN',
    '[object Object]',
    '[object Promise]',
    'Infinity',
    '-Infinity',
    ' ',
    '\n',
  ];
  test.each([
    ...nothing,
    ...nothing.map((part) => `cart:${part}`),
    ...nothing.map((part) => `cart/${part}`),
    ...nothing.map((part) => `cart/${part}/pay`),
    ...nothing.map((part) => ['cart', part]),
    ['cart', Number.NaN],
    ['cart', Number.POSITIVE_INFINITY],
    ['cart', undefined],
    ['cart', null],
    ['cart', {}],
    ['cart', ['1']],
    ['cart', true],
    ['cart', 1n],
    ['cart', Symbol('1')],
    ['cart', () => '1'],
    Object.assign(Array.from({ length: 2 }), { 1: 'cart' }),
    [],
    7,
    true,
    {},
    Symbol('cart'),
    new Date(0),
    'x'.repeat(201),
    ['x'.repeat(201)],
    ['cart', 'ä'.repeat(40)],
    'cart:\uD800',
    ['cart', '\uDC00'],
  ])('%o', (id) => {
    expect(() => named(id)).toThrow(expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_ID', effect: 'none' }));
  });
  test.each([undefined, null])('%s is missing', (id) => {
    expect(() => named(id)).toThrow(expect.objectContaining({ code: 'ERR_ONCEWARD_MISSING_ID' }));
  });
  test('whatever is handed in, a name or a UsageError', () => {
    fc.assert(
      fc.property(fc.anything(), (id) => {
        try {
          const name = named(id);
          expect(name.length).toBeGreaterThan(0);
          expect(name.length).toBeLessThanOrEqual(200);
          expect(() => encodeURIComponent(name)).not.toThrow();
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});

describe('prefixes', () => {
  test.each<[OperationId, string]>([
    [['cart'], 'cart/'],
    [['cart', 'a/b'], 'cart/a%2Fb/'],
    ['cart', 'cart'],
    ['', ''],
  ])('%j is %s', (prefix, expected) => {
    expect(namePrefix(prefix)).toBe(expected);
  });
  test('an array of nothing is refused', () => {
    expect(() => namePrefix([])).toThrow(UsageError);
  });
});
