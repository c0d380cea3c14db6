import { describe, expect, test } from 'vitest';
import { defineProfile, type Match, type ProfileData, type Rule } from '../../src/profiles/index.ts';
import { GONE, having, IN_PROGRESS, type Junk, refusal } from './define-profile-facts.ts';

const without = (name: keyof ProfileData) => having(name, GONE);
const rule = (when: Match, means: Rule['means'] = 'retry', context?: Rule['context']): Rule => ({
  when,
  means,
  ...(context && { context }),
});
const ruled = (...rules: readonly Rule[]): Junk => ({ ...without('recover'), answers: {}, rules });

describe('what the facts say together', () => {
  test.each<[name: string, data: Junk, says: string]>([
    [
      'a route behind one that takes all it matches',
      having('routes', { '* /v1/**': 'yes', 'POST /v1/payments': 'no' }),
      'routes["POST /v1/payments"] is never reached: "* /v1/**" stands before it',
    ],
    [
      'the same behind a part that varies',
      having('routes', { 'POST /v1/*/x': 'yes', 'POST /v1/pay/x': 'no' }),
      'routes["POST /v1/pay/x"] is never reached',
    ],
    [
      'a clock without a header that tells it',
      without('firstSent'),
      'firstSent is missing: a lifetime counts from it.',
    ],
    [
      'the same for one route',
      {
        ...without('firstSent'),
        lifetime: { kind: 'forever' },
        routes: { 'POST /v1/*': { honoured: 'yes', lifetime: { kind: 'forever', from: 'first-sent' } } },
      },
      'firstSent is missing: a lifetime counts from it.',
    ],
    ['the key as a credential', having('carrier/name', 'Authorization'), 'carrier.name names a credential'],
    [
      'the key as what the transport writes',
      having('carrier/name', 'Content-Length'),
      'carrier.name names a credential',
    ],
    ['a secret that would be stored', having('companions', ['cookie']), 'companions[0] names a credential'],
    ['a second key', having('companions', ['idempotency-key']), 'companions[0] names a credential'],
    [
      'the key as its own companion',
      having('companions', ['acme-key']),
      'companions[0] is a header that the client writes',
    ],
    [
      'the time as a companion',
      having('companions', ['acme-first-sent']),
      'companions[0] is a header that the client writes',
    ],
    [
      'seconds read as milliseconds',
      having('waitHeaders', ['retry-after']),
      'waitHeaders[0]: Retry-After tells seconds',
    ],
    [
      'a refusal that is about credentials',
      having('rejections/first', [401]),
      'rejections.first[0]: 401 is never a final',
    ],
    ['a refusal that asks to come back', having('rejections/first', [404, 429]), 'rejections.first[1]: 429 is never'],
    [
      'a conflict that is waited for',
      having('rejections/first', [409]),
      "rejections.first[0]: a 409 is waited for. Say conflict: 'final'",
    ],
    [
      'a proof only later',
      having('rejections/later', [405]),
      'rejections.later[0]: 405 must stand in rejections.first',
    ],
    [
      'a proof of what may not be kept',
      having('rejections/later', [404, 422]),
      "rejections.later[1]: a 422 proves a rejection after a lost answer only if it is kept under the key, and stores.validation says 'unknown'.",
    ],
    [
      'the same as a rule',
      ruled(rule({ status: 422 }, 'rejected')),
      "rules[0].means: a 422 proves a rejection after a lost answer only if it is kept under the key, and stores.validation says 'unknown'.",
    ],
    ['recover without a place', without('recover'), 'rules[1].means: says recover, and the profile has no recover'],
    ['a place nobody asks for', having('rules', [IN_PROGRESS]), 'recover is never used: no rule says recover.'],
    [
      'a pointer where there is no answer',
      { ...having('recover/when', 'doubt'), rules: [IN_PROGRESS], answers: {} },
      'recover is never used',
    ],
    [
      'a name in braces that is none',
      having('recover/url', '{path}/{pointer}?key={idempotencyKey}'),
      'recover.url: {idempotencyKey} is not known. Known: {path}, {parent}, {key}, {pointer}.',
    ],
    [
      'a pointer that is not in the address',
      having('recover/url', '{path}'),
      'recover.pointer and {pointer} in recover.url belong together',
    ],
    ['a brace alone', having('recover/url', '{path}/{pointer}/{'), 'recover.url must be a path, or an https address'],
    [
      'an address in the clear',
      having('recover/url', 'http://acme.example/{pointer}'),
      'recover.url must be a path, or an https',
    ],
    ['no address', having('recover/url', 'https://[/{pointer}'), 'recover.url must be a path, or an https'],
    [
      'an in-progress that is not understood',
      having('rules/0/means', 'retry'),
      "answers.inProgress is read as 'again'",
    ],
    [
      'a mismatch that is not understood',
      having('rules/2/when/header/equals', 'other'),
      "answers.mismatch is read as 'doubt unproved-rejection' by the rules, and must be 'doubt key-mismatch'. Add a rule for it.",
    ],
    [
      'an expired key that is not understood',
      having('answers/expired', { status: 412, headers: {}, body: '' }),
      "answers.expired is read as 'doubt unproved-rejection'",
    ],
    [
      'a replay that is not understood',
      having('answers/replay', { status: 409, headers: {}, body: '' }),
      "answers.replay is read as 'in-progress' by the rules, and must be 'success' or 'recover' or 'done'.",
    ],
  ])('%s', (_name, data, says) => {
    expect(refusal(data).message).toContain(says);
  });

  const code = (path: string, equals?: string): Match => ({ json: { path, ...(equals && { equals }) } });
  test.each<[name: string, earlier: Rule, later: Rule, reached: boolean]>([
    ['the same', rule({ status: 409 }), rule({ status: 409 }), false],
    [
      'the same, members in another order',
      rule({ status: 409, ...code('a', 'b') }),
      rule({ ...code('a', 'b'), status: 409 }),
      false,
    ],
    ['a narrower one', rule({ status: 409 }), rule({ status: 409, ...code('a') }), false],
    ['one of a list', rule({ status: [400, 409] }), rule({ status: 409 }), false],
    ['one of a range', rule({ status: { from: 400, to: 499 } }), rule({ status: [400, 409] }), false],
    ['a value where any will do', rule({ status: 409, ...code('a') }), rule({ status: 409, ...code('a', 'b') }), false],
    [
      'a header where any will do',
      rule({ header: { name: 'a' } }),
      rule({ header: { name: 'a', equals: 'b' } }),
      false,
    ],
    ['the last of a range', rule({ status: { from: 400, to: 409 } }), rule({ status: 409 }), false],
    ['both contexts', rule({ status: 409 }), rule({ status: 409 }, 'retry', 'later'), false],
    ['the same context', rule({ status: 409 }, 'retry', 'later'), rule({ status: 409 }, 'retry', 'later'), false],
    ['the other context', rule({ status: 409 }, 'retry', 'first'), rule({ status: 409 }, 'retry', 'later'), true],
    ['one context of both', rule({ status: 409 }, 'retry', 'first'), rule({ status: 409 }), true],
    ['a wider one', rule({ status: 409, ...code('a') }), rule({ status: 409 }), true],
    ['a wider status', rule({ status: 409 }), rule({ status: [409, 422] }), true],
    ['a range that ends before it', rule({ status: { from: 500, to: 502 } }), rule({ status: 503 }), true],
    ['a range that begins after it', rule({ status: { from: 504, to: 599 } }), rule({ status: 503 }), true],
    ['another header', rule({ header: { name: 'a' } }), rule({ header: { name: 'b' } }), true],
    ['another value', rule({ header: { name: 'a', equals: 'b' } }), rule({ header: { name: 'a', equals: 'c' } }), true],
    ['another member', rule(code('a', 'b')), rule(code('b', 'b')), true],
    ['another choice', rule({ any: [{ status: 409 }] }), rule({ any: [{ status: 422 }] }), true],
    ['the same choice', rule({ any: [{ status: 409 }] }), rule({ any: [{ status: 409 }], status: 409 }), false],
  ])('a rule behind %s', (_name, earlier, later, reached) => {
    const define = () => defineProfile(ruled(earlier, later) as unknown as ProfileData);
    if (reached) expect(define().data.rules).toHaveLength(2);
    else expect(refusal(ruled(earlier, later)).message).toContain('rules[1] is never reached');
  });
  test('one that both contexts of others take away together', () => {
    const data = ruled(
      rule({ status: 409 }, 'retry', 'first'),
      rule({ status: 409 }, 'done', 'later'),
      rule({ status: 409 }),
    );
    expect(refusal(data).message).toContain('rules[2] is never reached');
  });

  test.each<[name: string, data: Junk]>([
    ['a refusal known by its header', ruled(rule({ status: 422, header: { name: 'kept' } }, 'rejected'))],
    ['a refusal at first', ruled(rule({ status: 422 }, 'rejected', 'first'))],
    ['a refusal that is kept', ruled(rule({ status: 404 }, 'rejected'))],
    ['a final conflict', { ...ruled(), conflict: 'final', rejections: { first: [400], later: [409] } }],
    ['monitorFailure for a caller who wants monitors', having('accepted', 'final')],
    [
      'a look-up before each doubt',
      { ...ruled(), recover: { url: '{path}?key={key}', accept: { status: 200 }, when: 'doubt' } },
    ],
    ['a look-up at another host', having('recover/url', 'https://acme.example/{pointer}')],
    [
      'routes that are the beginning of others',
      having('routes', { 'POST /v1': 'yes', 'POST /v1/a': 'no', 'POST /v1/*/b': 'yes' }),
    ],
    [
      'a wider route behind a longer one',
      having('routes', { 'POST /v1/a/b': 'yes', 'POST /v1/a': 'no', 'POST /v1/*': 'yes' }),
    ],
    [
      'other clocks, and no header for one',
      { ...without('firstSent'), lifetime: { kind: 'forever', from: 'completion' } },
    ],
    ['the key in the body', having('carrier', { kind: 'json-body', path: 'idempotency_key' })],
    [
      'a narrower route after another',
      having('routes', { 'POST /v1/*': 'yes', 'POST /v1/**': 'no', 'PUT /v1/*': 'yes' }),
    ],
  ])('not an error: %s', (_name, data) => {
    expect(defineProfile(data as unknown as ProfileData).name).toBe('acme');
  });
});
