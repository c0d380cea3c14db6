import fc from 'fast-check';
import { expect, test } from 'vitest';
import { identityLabel, keyIdentity, operationIdentity, ownerPrefix } from '../../src/core/identity.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

test('two operations share an identity only where client, owner and id are the same', () => {
  fc.assert(
    fc.property(fc.tuple(text, text, text), fc.tuple(text, text, text), (a, b) => {
      expect(operationIdentity(...a) === operationIdentity(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      // and an operation is never taken for a claimed key
      expect(operationIdentity(...a)).not.toBe(keyIdentity(...b));
    }),
  );
});

test('a key is claimed per client and scope: two accounts may use the same', () => {
  const scope = fc.option(
    text.filter((one) => one !== ''),
    { nil: undefined },
  );
  fc.assert(
    fc.property(fc.tuple(text, scope, text), fc.tuple(text, scope, text), (a, b) => {
      expect(keyIdentity(...a) === keyIdentity(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  expect(keyIdentity('shop', 'live', 'k')).not.toBe(keyIdentity('shop', 'test', 'k'));
  expect(keyIdentity('shop', 'live', 'k')).not.toBe(keyIdentity('shop', undefined, 'k'));
});

test("one owner's prefix matches that owner's operations and nobody else's", () => {
  fc.assert(
    fc.property(fc.tuple(text, text), fc.tuple(text, text), text, ([client, otherClient], [owner, other], id) => {
      const matches = operationIdentity(otherClient, other, id).startsWith(ownerPrefix(client, owner));
      expect(matches).toBe(client === otherClient && owner === other);
    }),
  );
});

test.each([
  ['shop/alice/cart%2F1', 'shop/alice/cart%2F1'],
  ['key/shop/live/3f6d6c4e-6d1c-4f5b', 'key/shop/live/3f6d6c4e...'],
  ['key/shop//12345678', 'key/shop//1234...'],
  ['key/shop//k', 'key/shop//...'],
  ['key/shop/cart', 'key/shop/cart'],
  ['shop/alice/cart/3f6d6c4e-6d1c-4f5b', 'shop/alice/cart/3f6d6c4e-6d1c-4f5b'],
])('%s is shown as %s', (identity, label) => {
  expect(identityLabel(identity)).toBe(label);
});
