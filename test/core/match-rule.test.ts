import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchRule } from '../../src/core/match-rule.ts';
import type { Match, Rule } from '../../src/core/profile.ts';
import { generic, html, json, response } from './support/rules.ts';

const body = {
  error: { code: 'x', amount: 7, fatal: false, 'a.b': 1 },
  errors: [{ code: 'one' }, { code: 'two', causes: [{ kind: 'deep' }] }, null, 'text'],
  title: null,
};
const answer = json(400, body, { 'x-reason': 'Card-Declined', 'x-empty': '' });
const rule = (...rules: Rule[]) => ({ ...generic, rules });
const matches = (when: Match) => matchRule(answer, rule({ when, means: 'retry' }), 'first') === 'retry';

describe('match', () => {
  test.each<[Match, boolean]>([
    [{}, true],
    [{ status: 400 }, true],
    [{ status: 401 }, false],
    [{ status: [401, 400] }, true],
    [{ status: [] }, false],
    [{ status: { from: 400, to: 400 } }, true],
    [{ status: { from: 400, to: 599 } }, true],
    [{ status: { from: 401, to: 599 } }, false],
    [{ status: { from: 300, to: 399 } }, false],
    [{ header: { name: 'x-reason' } }, true],
    [{ header: { name: 'x-empty' } }, true],
    [{ header: { name: 'x-absent' } }, false],
    [{ header: { name: 'x-reason', equals: 'card-declined' } }, true],
    [{ header: { name: 'x-reason', equals: 'card' } }, false],
    [{ header: { name: 'x-reason', includes: 'DECLINED' } }, true],
    [{ header: { name: 'x-reason', includes: 'accepted' } }, false],
    [{ header: { name: 'x-reason', equals: 'card-declined', includes: 'no' } }, false],
    [{ json: { path: 'error.code', equals: 'x' } }, true],
    [{ json: { path: 'error.code', equals: 'X' } }, false],
    [{ json: { path: 'error.amount', equals: 7 } }, true],
    [{ json: { path: 'error.amount', equals: '7' } }, false],
    [{ json: { path: 'error.fatal', equals: false } }, true],
    [{ json: { path: 'error.missing', equals: false } }, false],
    [{ json: { path: 'error.code.length', equals: 1 } }, false],
    [{ json: { path: 'errors.length', equals: 4 } }, false],
    [{ json: { path: 'errors.*.code', equals: 'two' } }, true],
    [{ json: { path: 'errors.*.code', equals: 'three' } }, false],
    [{ json: { path: 'errors.*.causes.*.kind', equals: 'deep' } }, true],
    [{ json: { path: 'errors.1.code', equals: 'two' } }, true],
    [{ json: { path: 'error.*.code', equals: 'x' } }, false],
    // With the path alone: it is there.
    [{ json: { path: 'error' } }, true],
    [{ json: { path: 'title' } }, true],
    [{ json: { path: 'error.missing' } }, false],
    [{ json: { path: 'title.x' } }, false],
    [{ json: { path: 'error.code.x' } }, false],
    [{ json: { path: 'error.*' } }, false],
    [{ json: { path: 'errors.length' } }, false],
    // Of several values one is enough.
    [{ json: { path: 'errors.*.code', in: ['two', 'three'] } }, true],
    [{ json: { path: 'errors.*.code', in: ['three'] } }, false],
    [{ json: { path: 'constructor.name', equals: 'Object' } }, false],
    [{ json: { path: '__proto__.x', equals: 1 } }, false],
    [{ status: 400, header: { name: 'x-reason' }, json: { path: 'error.code', equals: 'x' } }, true],
    [{ status: 500, header: { name: 'x-reason' }, json: { path: 'error.code', equals: 'x' } }, false],
    [{ any: [] }, false],
    [{ any: [{ status: 500 }, { status: 400 }] }, true],
    [{ any: [{ status: 500 }, { status: 501 }] }, false],
    [{ status: 500, any: [{ status: 400 }] }, false],
    [{ any: [{ any: [{ json: { path: 'error.code', equals: 'x' } }] }] }, true],
  ])('%j: %s', (when, expected) => {
    expect(matches(when)).toBe(expected);
  });
});

describe('rules', () => {
  const when = { status: 400 };
  test('the first match wins', () => {
    const profile = rule(
      { when: { status: 500 }, means: 'rejected' },
      { when, means: 'retry' },
      { when, means: { doubt: 'key-mismatch' } },
    );
    expect(matchRule(answer, profile, 'first')).toBe('retry');
  });
  test('a context restricts', () => {
    const profile = rule({ when, context: 'later', means: 'retry' }, { when, context: 'first', means: 'rejected' });
    expect(matchRule(answer, profile, 'first')).toBe('rejected');
    expect(matchRule(answer, profile, 'later')).toBe('retry');
  });
  test('none', () => {
    expect(matchRule(answer, rule(), 'first')).toBeUndefined();
  });
  test('a body that is not JSON has no members', () => {
    const profile = rule({ when: { json: { path: 'error.code', equals: 'x' } }, means: 'retry' });
    const text = '{"error":{"code":"x"}}';
    for (const other of [
      html(400),
      response(400, {}, text),
      response(400, { 'content-type': 'application/json' }, '{'),
    ]) {
      expect(matchRule(other, profile, 'first')).toBeUndefined();
    }
    expect(matchRule(response(400, { 'content-type': 'Application/Problem+JSON; x=1' }, text), profile, 'first')).toBe(
      'retry',
    );
  });
  test('no body makes it throw', () => {
    const profile = rule({ when: { json: { path: 'errors.*.code', equals: 'x' } }, means: 'retry' });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const found = matchRule(response(400, { 'content-type': 'application/json' }, text), profile, 'first');
        expect([undefined, 'retry']).toContain(found);
      }),
    );
  });
});
