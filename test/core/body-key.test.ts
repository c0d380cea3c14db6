import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withBodyKey } from '../../src/core/body-key.ts';
import { bytes } from './support/rules.ts';

const text = (body: string, key = 'k1') => new TextDecoder().decode(withBodyKey(bytes(body), 'idempotency_key', key));

test.each([
  ['{"amount":1}', '{"idempotency_key":"k1","amount":1}'],
  ['{}', '{"idempotency_key":"k1"}'],
  [' { } ', '{"idempotency_key":"k1" } '],
  ['\n{ "a": 1e21, "b": 12345678901234567890 }', '{"idempotency_key":"k1", "a": 1e21, "b": 12345678901234567890 }'],
  ['{"idempotency":{"key":"}"}}', '{"idempotency_key":"k1","idempotency":{"key":"}"}}'],
])('%s', (body, expected) => expect(text(body)).toBe(expected));

test('whatever the object: the same members, and the key first; again the same bytes', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(fc.constant(2)), (object, indent) => {
      const body = JSON.stringify(object, null, indent ?? undefined);
      const made = text(body, 'key-1');
      expect(Object.entries(JSON.parse(made) as object)[0]?.[0] ?? '').toMatch(/^(idempotency_key|\d+)$/);
      expect(JSON.parse(made)).toEqual({ ...(JSON.parse(body) as object), idempotency_key: 'key-1' });
      expect(text(body, 'key-1')).toBe(made);
      expect(made.endsWith(body.slice(body.indexOf('{') + 1))).toBe(true);
    }),
  );
});
