import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Decision, decide } from '../../src/core/decide.ts';
import type { Observation } from '../../src/core/observe.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';
import { DAY, facts, failure, html, json, judge, NOW, operation, response } from './support/rules.ts';

const times = (count: number, answer: Answer): Answer[] => Array.from({ length: count }, () => answer);
const doubt = (reason: string) => ({ next: 'doubt', reason });
const cut = response(201, { 'content-type': 'application/json' }, '{"id":');
const problem409 = response(409, { 'content-type': 'application/problem+json' }, '{"title":"outstanding"}');
const unavailable: Observation = { means: 'again', because: 'unavailable' };
const lost: Observation = { means: 'again', because: 'failure' };

/** What the loop does about one answer that asks for a repetition. */
function repeat(
  answer: Answer = failure,
  { given = {}, state = {}, fixed = {}, means = lost }: RepeatOptions = {},
): Decision {
  return decide(operation(state, fixed), answer, means, facts(given));
}
interface RepeatOptions {
  readonly given?: Parameters<typeof facts>[0];
  readonly state?: Parameters<typeof operation>[0];
  readonly fixed?: Parameters<typeof operation>[1];
  readonly means?: Observation;
}

describe('answers that settle it', () => {
  test.each<[string, Observation, object]>([
    ['success', { means: 'success', source: 'network' }, { next: 'finish', state: 'succeeded', source: 'network' }],
    ['replay', { means: 'success', source: 'replay' }, { next: 'finish', state: 'succeeded', source: 'replay' }],
    ['rejection', { means: 'rejection', source: 'network' }, { next: 'finish', state: 'rejected', source: 'network' }],
    [
      'redirect',
      { means: 'rejection', source: 'network', redirectedTo: '/x' },
      { next: 'finish', state: 'rejected', source: 'network', redirectedTo: '/x' },
    ],
    ['doubt', { means: 'doubt', reason: 'key-mismatch' }, { next: 'doubt', reason: 'key-mismatch' }],
  ])('%s', (_name, observation, expected) => {
    // neither an unsupported route nor a passed deadline takes an answer away
    for (const given of [{}, { repeatable: false }, { age: 10 * DAY }, { now: NOW + DAY }]) {
      expect(decide(operation({}, { deadline: NOW }), json(201, {}), observation, facts(given))).toEqual(expected);
    }
  });
});

describe('what is not there', () => {
  const rejected: Observation = { means: 'rejection', source: 'network' };
  test('has no name either', () => {
    expect(decide(operation(), json(402, {}), rejected, facts())).toStrictEqual({
      next: 'finish',
      state: 'rejected',
      source: 'network',
    });
    expect(repeat(json(503, {}), { means: unavailable })).toMatchObject({ progress: {} });
    for (const [answer, means] of [[json(503, {}), unavailable] as const, [failure, lost] as const]) {
      expect((repeat(answer, { means }) as { progress: object }).progress).toStrictEqual({});
    }
  });
  test('a lost answer keeps what was counted', () => {
    const state = { streak: { digest: 'd', count: 3 }, unreadable: 2, inProgressSince: NOW - 5 };
    expect((repeat(failure, { state }) as { progress: object }).progress).toStrictEqual(state);
  });
});

describe('what it waits for', () => {
  test.each<[string, Answer, Observation, string]>([
    ['an accepted operation', json(202, {}), { means: 'accepted', repeats: false }, 'accepted'],
    ['the first request', json(409, {}), { means: 'in-progress', named: true }, 'in-progress'],
    ['as long as the server asked', json(503, {}, { 'retry-after': '5' }), unavailable, 'retry-after'],
    ['to the millisecond as long as ours', json(503, {}, { 'retry-after': '1' }), unavailable, 'retry-after'],
    ['longer than the server asked', json(503, {}, { 'retry-after': '0' }), unavailable, 'backoff'],
    ['nothing was asked', json(503, {}), unavailable, 'backoff'],
  ])('%s', (_name, answer, means, waiting) => {
    const given = { retry: { limit: 8, baseDelay: 2_000, maxDelay: 30_000 } };
    expect(repeat(answer, { means, given })).toMatchObject({ waiting });
  });
  test('an answer that came twice came from the network', () => {
    expect(judge(times(2, cut)).decision).toStrictEqual({ next: 'finish', state: 'succeeded', source: 'network' });
    expect(judge(times(2, json(202, {}))).decision).toStrictEqual({
      next: 'finish',
      state: 'succeeded',
      source: 'network',
    });
  });
});

describe('credentials', () => {
  test('authorize is asked once more, at once', () => {
    expect(judge([json(401, {})]).decision).toEqual({ next: 'reauthorize' });
  });
  test('then parked, without a due time of ours, keeping what was counted', () => {
    const state = { streak: { digest: 'd', count: 3 } };
    const decision = decide(
      operation(state),
      json(401, {}),
      { means: 'unauthorized' },
      facts({ canReauthorize: false }),
    );
    expect(decision).toMatchObject({ next: 'park', waiting: 'credentials' });
    expect(decision).not.toHaveProperty('dueAt');
  });
});

describe('runs of answers', () => {
  const other = json(500, { id: 'another' });
  const same = json(500, { error: 'boom' });
  test.each<[string, readonly Answer[], object, number]>([
    ['cut JSON, twice the same bytes: that is the answer', times(9, cut), { next: 'finish', state: 'succeeded' }, 2],
    ['cut JSON with a lost answer between', [cut, failure, cut], { next: 'finish', state: 'succeeded' }, 3],
    ['cut JSON, then whole', [cut, json(201, {})], { next: 'finish', state: 'succeeded' }, 2],
    [
      'cut JSON, never the same bytes',
      Array.from({ length: 12 }, (_, n) => response(201, { 'content-type': 'application/json' }, `{"id":${n}`)),
      doubt('unreadable-response'),
      8,
    ],
    ['HTML', times(12, html(200)), doubt('unreadable-response'), 8],
    ['206', times(12, json(206, {})), doubt('unreadable-response'), 8],
    [
      'HTML, with lost answers between',
      [...times(7, html(200)), failure, failure, html(200)],
      doubt('unreadable-response'),
      10,
    ],
    ['equal 500s', times(12, same), doubt('stored-error'), 8],
    ['equal 500s, with lost answers between', [...times(7, same), failure, same], doubt('stored-error'), 9],
    ['202 twice the same', times(3, json(202, { state: 'queued' })), { next: 'finish', state: 'succeeded' }, 2],
    ['202, then 201', [json(202, {}), json(201, {})], { next: 'finish', state: 'succeeded' }, 2],
  ])('%s', (_name, answers, expected, after) => {
    const result = judge(answers);
    expect(result.decision).toMatchObject(expected);
    expect(result.after).toBe(after);
  });
  test.each<[string, readonly Answer[]]>([
    ['500s that differ', Array.from({ length: 20 }, (_, n) => json(500, { n }))],
    ['equal 500s, one of another kind between', [...times(7, same), other, ...times(7, same)]],
    ['equal 500s, a 503 between', [...times(7, same), json(503, {}), ...times(7, same)]],
    ['equal 503s: an outage', times(20, json(503, {}))],
    ['equal 502s', times(20, html(502))],
    ['HTML, a 503 between', [...times(7, html(200)), json(503, {}), ...times(7, html(200))]],
    ['202 with Location', times(20, json(202, {}, { location: '/jobs/1' }))],
    ['202 with Retry-After', times(20, json(202, {}, { 'retry-after': '1' }))],
    ['202s that differ', Array.from({ length: 20 }, (_, percent) => json(202, { percent }))],
    ['lost answers', times(20, failure)],
  ])('%s: go on', (_name, answers) => {
    const result = judge(answers);
    expect(result.decision.next).toMatch(/again|park/);
    expect(result.after).toBe(answers.length);
  });
  test('202 of a final profile is the answer', () => {
    expect(judge([json(202, {})], { accepted: 'final' }).decision).toMatchObject({
      next: 'finish',
      state: 'succeeded',
    });
  });
});

describe('409 in progress', () => {
  test.each<[string, Answer, string]>([
    ['named', problem409, 'stuck'],
    ['not named', json(409, {}), 'unproved-rejection'],
  ])('%s: two minutes of it, then in doubt', (_name, answer, reason) => {
    const result = judge(times(200, answer), { every: 1_000 });
    expect(result.decision).toEqual(doubt(reason));
    expect(result.after).toBe(121);
  });
  test('stays in the foreground, and is asked at least every ten seconds', () => {
    for (let count = 1; count < 100; count++) {
      const { decision } = judge(times(count, problem409), { given: { fraction: 0.999_999 } });
      expect(decision).toMatchObject({ next: 'again', waiting: 'in-progress' });
      expect((decision as { wait: number }).wait).toBeLessThanOrEqual(10_000);
    }
  });
  test('any other answer ends the run; a lost one does not', () => {
    const minute = times(100, problem409);
    expect(judge([...minute, json(503, {}), ...minute]).decision.next).toBe('again');
    expect(judge([...minute, failure, ...minute])).toMatchObject({ decision: doubt('stuck'), after: 121 });
  });
  test('Retry-After is waited for, also where it is longer than two minutes', () => {
    const answer = json(409, {}, { 'retry-after': '300' });
    const decision = repeat(answer, { means: { means: 'in-progress', named: true } });
    expect(decision).toMatchObject({ next: 'park', dueAt: NOW + 300_000 });
  });
});

describe('waiting', () => {
  test.each([1, 2, 3, 6, 7])('attempt %i: jitter below the capped exponential', (attempts) => {
    const cap = Math.min(30_000, 500 * 2 ** (attempts - 1));
    for (const fraction of [0, 0.5, 0.999]) {
      expect(repeat(failure, { state: { attempts }, given: { fraction } })).toMatchObject({
        next: 'again',
        waiting: 'backoff',
        wait: fraction * cap,
      });
    }
  });
  test('after the foreground attempts: parked, due every ten caps', () => {
    for (const attempts of [8, 9, 100]) {
      expect(repeat(failure, { state: { attempts } })).toMatchObject({ next: 'park', dueAt: NOW + 300_000 });
    }
  });
  test.each<[string, Record<string, string>, object]>([
    ['5 s', { 'retry-after': '5' }, { next: 'again', wait: 5_000, waiting: 'retry-after' }],
    ['60 s', { 'retry-after': '60' }, { next: 'again', wait: 60_000, waiting: 'retry-after' }],
    ['61 s: parked', { 'retry-after': '61' }, { next: 'park', dueAt: NOW + 61_000, waiting: 'retry-after' }],
    ['0 s: ours', { 'retry-after': '0' }, { next: 'again', wait: 250, waiting: 'backoff' }],
    ['malformed: ours', { 'retry-after': '1.5' }, { next: 'again', wait: 250, waiting: 'backoff' }],
    ['malformed: ours', { 'retry-after': '-1' }, { next: 'again', wait: 250, waiting: 'backoff' }],
    [
      "a date, against the answer's own",
      { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT', date: 'Sun, 06 Nov 1994 08:49:27 GMT' },
      { next: 'again', wait: 10_000, waiting: 'retry-after' },
    ],
    ['a date without another, in the past', { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, { wait: 250 }],
    ['beyond the lifetime of the key', { 'retry-after': '80000' }, doubt('key-expired')],
    ['115 days', { 'retry-after': '9999999' }, doubt('key-expired')],
    ['32 years', { 'retry-after': '999999999' }, doubt('key-expired')],
  ])('Retry-After: %s', (_name, headers, expected) => {
    for (const status of [503, 429, 500]) {
      expect(repeat(json(status, {}, headers), { means: unavailable })).toMatchObject(expected);
    }
  });
  test('Retry-After shorter than our own wait lengthens nothing, and is never undercut', () => {
    const answer = json(503, {}, { 'retry-after': '1' });
    expect(repeat(answer, { means: unavailable, state: { attempts: 7 } })).toMatchObject({ wait: 15_000 });
    expect(repeat(answer, { means: unavailable, state: { attempts: 8 } })).toMatchObject({ dueAt: NOW + 300_000 });
  });
  test.each<[string, Answer, Observation]>([
    ['backoff', json(503, {}, { 'retry-after': '2' }), unavailable],
    ['in progress', json(409, {}, { 'retry-after': '2' }), { means: 'in-progress', named: true }],
    ['accepted', json(202, {}, { 'retry-after': '2' }), { means: 'accepted', repeats: false }],
  ])('what the server asked for is kept apart from what we wait on top: %s', (_name, answer, means) => {
    // "try now" skips our own part only
    const decision = repeat(answer, { means, state: { attempts: 7 } });
    expect(decision).toMatchObject({ progress: { notBefore: NOW + 2_000 } });
    expect(repeat(failure, { state: { attempts: 7, notBefore: NOW - 1 } })).not.toHaveProperty('progress.notBefore');
  });
});

describe('decided before sleeping', () => {
  const late = (age: number, given = {}) => repeat(failure, { given: { age, fraction: 0, ...given } });
  // 24 h - 10 % - 30 s
  const last = DAY - DAY / 10 - 30_000;
  test.each([
    ['just in time', last - 1, 'again'],
    ['too late', last, 'doubt'],
    ['long past', 10 * DAY, 'doubt'],
  ])('key age %s', (_name, age, next) => {
    expect(late(age).next).toBe(next);
  });
  test('the wait counts', () => {
    expect(late(last - 200, { fraction: 0.5 })).toEqual(doubt('key-expired'));
    expect(late(last - 251, { fraction: 0.5 }).next).toBe('again');
  });
  test('parked retries too', () => {
    const parked = (age: number) => repeat(failure, { state: { attempts: 8 }, given: { age } });
    expect(parked(last - 300_000)).toEqual(doubt('key-expired'));
    expect(parked(last - 300_001).next).toBe('park');
  });
  test('an unpublished lifetime is five minutes; a forever one never ends', () => {
    const unpublished = { ...stripeV1.data, lifetime: { kind: 'unpublished' as const } };
    expect(late(209_999, { profile: unpublished }).next).toBe('again');
    expect(late(210_000, { profile: unpublished })).toEqual(doubt('key-expired'));
    const forever = { ...stripeV1.data, lifetime: { kind: 'forever' as const } };
    expect(late(1e15, { profile: forever }).next).toBe('again');
  });
  test('a short lifetime leaves a minute unused', () => {
    const { data: profile } = ietf({ keyLifetime: '10m' });
    expect(late(509_999, { profile }).next).toBe('again');
    expect(late(510_000, { profile })).toEqual(doubt('key-expired'));
  });
  test('the deadline, also where the key has expired too', () => {
    const until = (deadline: number, age = 0) =>
      repeat(failure, { fixed: { deadline }, given: { age, fraction: 0.5 } });
    expect(until(NOW + 251).next).toBe('again');
    expect(until(NOW + 250)).toEqual(doubt('deadline'));
    expect(until(NOW - 1, last)).toEqual(doubt('deadline'));
  });
});

describe('not repeatable', () => {
  test.each<[string, Answer, Observation]>([
    ['lost answer', failure, lost],
    ['503', json(503, {}), unavailable],
    ['500', json(500, {}), { means: 'server-error' }],
    ['409', json(409, {}), { means: 'in-progress', named: true }],
    ['202', json(202, {}), { means: 'accepted', repeats: true }],
    ['HTML', html(200), { means: 'unreadable' }],
    ['cut JSON', cut, { means: 'unparsable' }],
  ])('%s', (_name, answer, means) => {
    expect(repeat(answer, { means, given: { repeatable: false } })).toEqual(doubt('not-repeatable'));
  });
});
