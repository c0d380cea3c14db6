import { expect, test } from 'vitest';
import { keyHeader } from '../../src/core/key-header.ts';

test.each([
  ['as it is', { kind: 'header', name: 'Idempotency-Key' }, ['Idempotency-Key', 'k-1']],
  ['raw', { kind: 'header', name: 'X-Key', encoding: 'raw' }, ['X-Key', 'k-1']],
  ['in quotes', { kind: 'header', name: 'X-Key', encoding: 'sf-string' }, ['X-Key', '"k-1"']],
  ['in the body: no header', { kind: 'json-body', path: 'idempotency_key' }, undefined],
] as const)('%s', (_name, carrier, expected) => {
  expect(keyHeader(carrier, 'k-1')).toEqual(expected);
});
