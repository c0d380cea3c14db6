import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GateFacts, gate, type Refusal } from '../../src/core/gate.ts';
import { DAY, NOW, operation } from './support/rules.ts';

const open: GateFacts = {
  record: operation({}, { deadline: NOW + DAY, scope: 'live' }),
  closed: false,
  cancelled: false,
  question: false,
  driving: true,
  owner: 'alice',
  scope: 'live',
  now: NOW,
  age: 0,
  attemptTimeout: 30_000,
  lifetime: DAY,
};

/** Each alone, in order of precedence. */
const REASONS: readonly (readonly [Refusal, Partial<GateFacts>])[] = [
  ['closed', { closed: true }],
  ['aborted', { cancelled: true }],
  ['driver', { driving: false }],
  ['other-owner', { owner: 'bob' }],
  ['other-scope', { scope: 'test' }],
  ['clock', { record: operation({ lastSeenAt: NOW + 60_001 }, { scope: 'live', deadline: NOW }) }],
  ['key-expired', { age: DAY }],
  ['deadline', { record: operation({}, { scope: 'live', deadline: NOW }) }],
];

describe('gate', () => {
  test('lets out what nothing speaks against', () => {
    expect(gate(open)).toBeUndefined();
    expect(gate({ ...open, record: operation(), scope: undefined })).toBeUndefined();
  });
  test.each(REASONS)('refuses: %s', (reason, given) => {
    expect(gate({ ...open, ...given })).toBe(reason);
  });
  test.each<[string, Partial<GateFacts>, Refusal | undefined]>([
    ['nobody is signed in', { owner: undefined }, 'other-owner'],
    ['the scope is gone', { scope: undefined }, 'other-scope'],
    ['a scope where none was', { record: operation() }, 'other-scope'],
    ['the last moment of the key', { age: DAY * 0.9 - 30_001 }, undefined],
    ['one later', { age: DAY * 0.9 - 30_000 }, 'key-expired'],
    ['a longer attempt needs more of it', { age: DAY * 0.9 - 30_001, attemptTimeout: 30_001 }, 'key-expired'],
    ['the last moment before the deadline', { now: NOW + DAY - 1 }, undefined],
    ['the deadline', { now: NOW + DAY }, 'deadline'],
    ['clock a minute back', { now: NOW - 60_000 }, undefined],
    ['clock further back', { now: NOW - 60_001 }, 'clock'],
  ])('%s', (_name, given, expected) => {
    expect(gate({ ...open, ...given })).toBe(expected);
  });
  test('a question may be asked at any age of the key and by any clock, and not after the deadline', () => {
    const asked = { ...open, question: true };
    expect(gate({ ...asked, age: 400 * DAY })).toBeUndefined();
    expect(gate({ ...asked, record: operation({ lastSeenAt: NOW + DAY }, { scope: 'live' }) })).toBeUndefined();
    expect(gate({ ...asked, now: NOW + DAY })).toBe('deadline');
  });
  test('of several reasons the first counts, and no combination lets anything out', () => {
    fc.assert(
      fc.property(fc.subarray([...REASONS], { minLength: 1 }), (reasons) => {
        const given = Object.assign({}, ...reasons.map(([, facts]) => facts)) as Partial<GateFacts>;
        // two of them replace the record: the later one wins
        const expected = reasons
          .map(([name]) => name)
          .filter((name) => name !== 'clock' || given.record?.state.lastSeenAt !== NOW);
        const refusal = gate({ ...open, ...given });
        expect(refusal).toBe(expected[0]);
      }),
    );
  });
});
