import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardField, jsonFields } from '../../src/core/card-data.ts';

const CARDS = [
  '4242424242424242',
  '4242 4242 4242 4242',
  '4242-4242-4242-4242',
  '4000056655665556',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '30569309025904',
  '3566002020360505',
  '4222222222222',
];
const NUMBERS = [
  'number',
  'card_number',
  'cardNumber',
  'card-number',
  'Card Number',
  'CARDNUMBER',
  'pan',
  'card[number]',
  'card.number',
  'payment[card][number]',
  'credit_card_number',
];
const CODES = ['cvc', 'CVV', 'cvv2', 'security_code', 'card[cvc]', 'card.cvc', 'cardCvv', 'card.cid', 'card[cid]'];

describe('card data', () => {
  test.each(CARDS)('%s', (value) => {
    for (const name of NUMBERS) expect(cardField([[name, value]])).toBe(name);
    expect(cardField([['number', Number(value.replaceAll(/\D/g, ''))]])).toBe('number');
  });
  test.each(CODES)('%s', (name) => {
    for (const value of ['123', '1234', '000', 123]) expect(cardField([[name, value]])).toBe(name);
  });
  test('found among others', () => {
    expect(
      cardField([
        ['amount', '1'],
        ['note', 'x'],
        ['cvc', '123'],
        ['number', CARDS[0]],
      ]),
    ).toBe('cvc');
  });
});

describe('no false alarm', () => {
  test.each<[string, unknown]>([
    ['order_number', '4242424242424242'],
    ['orderId', '4242424242424242'],
    ['amount', 4242424242424242],
    ['number', '4242424242424241'],
    ['number', '1767323045000'],
    ['number', '9999999999999999'],
    ['number', '0000000000000000'],
    ['number', '42'],
    ['number', 7],
    ['number', ''],
    ['number', '4242424242424242x'],
    ['number', 'tok_4242424242424242'],
    ['number', true],
    ['number', null],
    ['number', ['4242424242424242']],
    ['card', 'tok_visa'],
    ['card_number', '**** **** **** 4242'],
    ['last4', '4242'],
    ['cvc', 'tok_1'],
    ['cvc', '12'],
    ['cvc', '12345'],
    ['cvc', true],
    ['cvc_check', 'pass'],
    ['cid', 123],
    ['cid', '1234'],
    ['customer.cid', '1234'],
    ['pin_code', '1234'],
    ['numbers', '4242424242424242'],
    ['account.number', '000123456789'],
    ['', '4242424242424242'],
  ])('%s: %o', (name, value) => {
    expect(cardField([[name, value]])).toBeUndefined();
  });
  test('order numbers of any form, whatever their check digit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('order', 'order_number', 'invoiceNumber', 'reference', 'id'),
        fc.stringMatching(/^\d{10,19}$/),
        (name, value) => {
          expect(cardField([[name, value]])).toBeUndefined();
        },
      ),
    );
  });
});

describe('fields of JSON', () => {
  test('every member with its path', () => {
    const value = { a: 1, b: { c: [true, { d: null }], '': 'e' }, f: [], g: {} };
    expect([...jsonFields(value)]).toEqual([
      ['a', 1],
      ['b.c.0', true],
      ['b.c.1.d', null],
      ['b.', 'e'],
    ]);
    expect([...jsonFields('x')]).toEqual([['', 'x']]);
  });
  test('a card anywhere in it', () => {
    const value = { payments: [{ method: 'cash' }, { card: { number: CARDS[0] } }] };
    expect(cardField(jsonFields(value))).toBe('payments.1.card.number');
  });
  test('__proto__ is a name like any other', () => {
    expect([...jsonFields(JSON.parse('{"__proto__":{"cvc":"123"}}'))]).toEqual([['__proto__.cvc', '123']]);
  });
  test('nesting as deep as a body can hold', () => {
    const depth = 100_000;
    const value: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect([...jsonFields(value)]).toEqual([]);
  });
  test('a long list of short fields is no long wait', () => {
    const value: unknown = JSON.parse(`[${'{"cvc":"x"},'.repeat(80_000)}0]`);
    expect(cardField(jsonFields(value))).toBeUndefined();
  });
});
