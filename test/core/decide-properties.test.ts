import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Decision, decide, type Facts } from '../../src/core/decide.ts';
import { keyExpires, keyLifetime } from '../../src/core/key-age.ts';
import type { Observation } from '../../src/core/observe.ts';
import type { ProfileData } from '../../src/core/profile.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import { retryAfter } from '../../src/core/retry-after.ts';
import { ietf } from '../../src/profiles/index.ts';
import { DAY, facts, failure, generic, NOW, operation, response } from './support/rules.ts';

const header = fc.oneof(
  fc.constantFrom('0', '1', '59', '60', '61', '3600', '86400', '999999999', '1.5', '-1', 'soon', ''),
  fc
    .date({ min: new Date(NOW - DAY), max: new Date(NOW + 3 * DAY), noInvalidDate: true })
    .map((date) => date.toUTCString()),
);
const answer: fc.Arbitrary<Answer> = fc.oneof(
  fc.constant(failure),
  fc
    .record({
      status: fc.integer({ min: 0, max: 999 }),
      retry: fc.option(header),
      date: fc.option(header),
      body: fc.string({ maxLength: 3 }),
    })
    .map(({ status, retry, date, body }) =>
      response(status, { ...(retry !== null && { 'retry-after': retry }), ...(date !== null && { date }) }, body),
    ),
);
const observation: fc.Arbitrary<Observation> = fc.constantFrom<Observation>(
  { means: 'again', because: 'failure' },
  { means: 'again', because: 'unavailable' },
  { means: 'server-error' },
  { means: 'in-progress', named: true },
  { means: 'in-progress', named: false },
  { means: 'accepted', repeats: true },
  { means: 'accepted', repeats: false },
  { means: 'unreadable' },
  { means: 'unparsable' },
);
const profile: fc.Arbitrary<ProfileData> = fc.oneof(
  fc.constant<ProfileData>(generic),
  fc.constant<ProfileData>({ ...generic, lifetime: { kind: 'unpublished' } }),
  fc.constant<ProfileData>({ ...generic, lifetime: { kind: 'forever' } }),
  fc.integer({ min: 100_000, max: 40 * DAY }).map((keyLifetime) => ietf({ keyLifetime }).data),
);
const delay = fc.integer({ min: 0, max: DAY });

interface Case {
  readonly record: OperationRecord;
  readonly answer: Answer;
  readonly observation: Observation;
  readonly facts: Facts;
}
const given: fc.Arbitrary<Case> = fc
  .record({
    answer,
    observation,
    profile,
    attempts: fc.integer({ min: 1, max: 50 }),
    deadline: fc.option(fc.integer({ min: -DAY, max: 2 * DAY }), { nil: undefined }),
    inProgressSince: fc.option(fc.integer({ min: -300_000, max: 60_000 }), { nil: undefined }),
    unreadable: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    age: fc.integer({ min: 0, max: 2 * DAY }),
    attemptTimeout: fc.integer({ min: 0, max: 120_000 }),
    fraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    retry: fc.record({ limit: fc.integer({ min: 1, max: 20 }), baseDelay: delay, maxDelay: delay }),
    repeatable: fc.boolean(),
  })
  .map(({ answer, observation, attempts, deadline, inProgressSince, unreadable, ...rest }) => ({
    record: operation(
      {
        attempts,
        ...(inProgressSince !== undefined && { inProgressSince: NOW + inProgressSince }),
        ...(unreadable !== undefined && { unreadable }),
      },
      deadline === undefined ? {} : { deadline: NOW + deadline },
    ),
    answer,
    observation,
    facts: facts(rest),
  }));

const decided = (one: Case): Decision => decide(one.record, one.answer, one.observation, one.facts);

/** How long until the next attempt, where there is one. */
function waitOf(decision: Decision): number | undefined {
  if (decision.next === 'again') return decision.wait;
  return decision.next === 'park' && decision.dueAt !== undefined ? decision.dueAt - NOW : undefined;
}

const runs = { numRuns: 1_000 };

describe('whatever comes back', () => {
  test('no wait ends after the deadline, or when the key could be forgotten', () => {
    let waits = 0;
    fc.assert(
      fc.property(given, (one) => {
        const wait = waitOf(decided(one));
        if (wait === undefined) return;
        waits += 1;
        const { age, profile: data, attemptTimeout } = one.facts;
        expect(keyExpires(age + wait, keyLifetime(data.lifetime), attemptTimeout)).toBe(false);
        expect(NOW + wait).toBeLessThan(one.record.fixed.deadline ?? Number.POSITIVE_INFINITY);
      }),
      runs,
    );
    expect(waits).toBeGreaterThan(20);
  });
  test('no wait is shorter than the server asked for, and "try now" knows how long that is', () => {
    fc.assert(
      fc.property(given, (one) => {
        const decision = decided(one);
        const wait = waitOf(decision);
        if (wait === undefined || one.answer.kind === 'failure') return;
        const [retry, date] = ['retry-after', 'date'].map((name) =>
          new Map(one.answer.kind === 'response' ? one.answer.headers : []).get(name),
        );
        const asked = retryAfter(retry, date, NOW) ?? 0;
        expect(wait).toBeGreaterThanOrEqual(asked);
        const { notBefore = NOW } = (decision as { progress: { notBefore?: number } }).progress;
        expect(notBefore).toBe(NOW + asked);
      }),
      runs,
    );
  });
  test('a foreground wait is at most a minute; a longer one is parked with a due time', () => {
    fc.assert(
      fc.property(given, (one) => {
        const decision = decided(one);
        if (decision.next === 'again') expect(decision.wait >= 0 && decision.wait <= 60_000).toBe(true);
        if (decision.next === 'park') expect(decision.dueAt).toBeGreaterThanOrEqual(NOW);
      }),
      runs,
    );
  });
  test('nothing is repeated that may not be', () => {
    fc.assert(
      fc.property(given, (one) => {
        const decision = decided({ ...one, facts: { ...one.facts, repeatable: false } });
        expect(decision.next).toMatch(/doubt|finish/);
      }),
      runs,
    );
  });
  test('none of these answers is ever a rejection; a success is one only where it came twice', () => {
    let finished = 0;
    fc.assert(
      fc.property(given, (one) => {
        const once = decided(one);
        expect(once.next).not.toBe('finish');
        if (!('progress' in once)) return;
        const { state, fixed } = one.record;
        const twice = decided({ ...one, record: operation({ attempts: state.attempts + 1, ...once.progress }, fixed) });
        if (twice.next !== 'finish') return;
        finished += 1;
        expect(twice.state).toBe('succeeded');
        expect(one.observation).toMatchObject(
          one.observation.means === 'accepted' ? { repeats: true } : { means: 'unparsable' },
        );
      }),
      runs,
    );
    expect(finished).toBeGreaterThan(0);
  });
  test('it is plain data, and the record is not written into', () => {
    fc.assert(
      fc.property(given, (one) => {
        const before = structuredClone(one.record);
        const decision = decided(one);
        expect(structuredClone(decision)).toEqual(decision);
        expect(one.record).toEqual(before);
        expect(decided(one)).toEqual(decision);
      }),
    );
  });
});
