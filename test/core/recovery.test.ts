import { describe, expect, test } from 'vitest';
import type { Recovery } from '../../src/core/profile.ts';
import { recoveryUrl } from '../../src/core/recovery.ts';
import { json, operation, response } from './support/rules.ts';

const { fixed } = operation({}, { key: 'k/1' });
const at = (url: string, pointer?: string, answer = json(409, { links: { id: 'PM 1' }, number: 7, none: null })) =>
  recoveryUrl({ url, accept: {}, when: 'named', ...(pointer && { pointer }) } as Recovery, fixed, answer);

describe('where the result is read', () => {
  test.each<[string, string, string | undefined, string | undefined]>([
    ['below the request', '{path}/{pointer}', 'links.id', 'https://api.example/charges/PM%201'],
    ['a number', '{path}/{pointer}', 'number', 'https://api.example/charges/7'],
    ['above the request', '{parent}/x', undefined, 'https://api.example/x'],
    ['by key', '{path}?key={key}', undefined, 'https://api.example/charges?key=k%2F1'],
    ['twice the same', '{key}-{key}', undefined, 'https://api.example/k%2F1-k%2F1'],
    ['a pointer that is not there', '{path}/{pointer}', 'links.other', undefined],
    ['a pointer to null', '{path}/{pointer}', 'none', undefined],
    ['a pointer to an object', '{path}/{pointer}', 'links', undefined],
    ['a word that stands for nothing', '{path}{nothing}', undefined, 'https://api.example/charges'],
  ])('%s', (_, url, pointer, expected) => expect(at(url, pointer)).toBe(expected));
  test('no answer, or one that is no JSON, points nowhere', () => {
    const recover: Recovery = { url: '{path}/{pointer}', pointer: 'id', accept: {}, when: 'named' };
    expect(recoveryUrl(recover, fixed, undefined)).toBeUndefined();
    expect(recoveryUrl(recover, fixed, { kind: 'failure', code: 'X' })).toBeUndefined();
    expect(recoveryUrl(recover, fixed, response(409, {}, '{"id":1}'))).toBeUndefined();
  });
  test('a pointer cannot lead out of its place', () => {
    expect(at('{path}/{pointer}', 'links.id', json(409, { links: { id: '../../admin?x=1#' } }))).toBe(
      'https://api.example/charges/..%2F..%2Fadmin%3Fx%3D1%23',
    );
  });
});
