import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Decision, decide, type Facts } from '../../src/core/decide.ts';
import type { Observation } from '../../src/core/observe.ts';
import type { StatePart } from '../../src/core/record.ts';
import type { Target } from '../../src/core/target.ts';
import { DAY, facts, failure, generic, json, NOW, operation, response } from './support/rules.ts';

const MONITOR: Target = { kind: 'monitor', url: 'https://api.example/operations/1' };
const running: Observation = { means: 'running', progress: { percent: 40 } };
const again: Observation = { means: 'again', because: 'failure' };

function decided(
  observation: Observation,
  {
    state = {},
    given = {},
    answer = response(202),
    deadline,
  }: {
    readonly state?: Partial<StatePart>;
    readonly given?: Partial<Facts>;
    readonly answer?: Answer;
    readonly deadline?: number;
  } = {},
): Decision {
  return decide(operation(state, deadline === undefined ? {} : { deadline }), answer, observation, facts(given));
}

describe('a monitor', () => {
  const pointed = (location: string): Observation => ({
    means: 'accepted',
    repeats: false,
    monitor: { kind: 'operation', location },
  });
  test('is asked after a second at least, wherever this client may go', () => {
    expect(decided(pointed('/o/1'), { given: { fraction: 0 } })).toEqual({
      next: 'again',
      wait: 1_000,
      waiting: 'accepted',
      progress: { polls: 0, streak: expect.anything() as object },
      target: { kind: 'operation', url: 'https://api.example/o/1' },
    });
    expect(decided(pointed('https://evil.example/'), { given: { fraction: 0 } })).not.toHaveProperty('target');
    const trustedOrigins = new Set(['https://s.example']);
    expect(decided(pointed('https://s.example/'), { given: { trustedOrigins } })).toMatchObject({
      target: { kind: 'operation', url: 'https://s.example/' },
    });
  });
  test('that asks for a long wait at once is parked, and its address kept', () => {
    const answer = response(202, { 'retry-after': '61' });
    const target = { kind: 'operation', url: 'https://api.example/o/1' };
    expect(decided(pointed('/o/1'), { answer })).toMatchObject({ next: 'park', dueAt: NOW + 61_000, target });
  });
  test('that can only be asked after the deadline is not asked', () => {
    expect(decided(pointed('/o/1'), { deadline: NOW + 1_000 })).toEqual({ next: 'doubt', reason: 'deadline' });
  });
  test('is asked more rarely the longer it takes, up to the longest backoff', () => {
    const waits = [0, 1, 5, 60].map((polls) =>
      decided(running, { state: { target: MONITOR, polls }, given: { fraction: 1 } }),
    );
    expect(waits).toMatchObject(
      [{ wait: 1_000 }, { wait: 2_000 }, { wait: 30_000 }, { wait: 30_000 }].map((one) => ({ ...one, next: 'again' })),
    );
  });
  test('tells progress, and counts the questions', () => {
    expect(decided(running, { state: { target: MONITOR, polls: 3 } })).toMatchObject({
      progress: { polls: 4, progress: { percent: 40 } },
    });
    expect(decided(again, { state: { target: MONITOR, polls: 3 }, answer: failure })).toMatchObject({
      progress: { polls: 4 },
    });
  });
  test('that asks for a long wait is parked until then', () => {
    const answer = response(202, { 'retry-after': '61' });
    expect(decided(running, { state: { target: MONITOR }, answer })).toMatchObject({
      next: 'park',
      waiting: 'accepted',
      dueAt: NOW + 61_000,
      progress: { notBefore: NOW + 61_000 },
    });
    expect(
      decided(running, { state: { target: MONITOR }, answer: response(202, { 'retry-after': '60' }) }),
    ).toMatchObject({ next: 'again', wait: 60_000 });
  });
  test('is asked for as long as it answers, however old the key and whatever the route', () => {
    const given = { age: 400 * DAY, repeatable: false };
    expect(decided(running, { state: { target: MONITOR, polls: 5_000 }, given })).toMatchObject({ next: 'again' });
    for (const target of [MONITOR, { ...MONITOR, kind: 'operation' as const }]) {
      expect(decided(again, { state: { target, polls: 5_000 }, given, answer: failure })).toMatchObject({
        next: 'again',
      });
    }
  });
  test('the deadline ends it', () => {
    expect(decided(running, { state: { target: MONITOR }, given: { fraction: 0 }, deadline: NOW + 1_000 })).toEqual({
      next: 'doubt',
      reason: 'deadline',
    });
    expect(
      decided(running, { state: { target: MONITOR }, given: { fraction: 0 }, deadline: NOW + 1_001 }),
    ).toMatchObject({ next: 'again' });
  });
  test.each([
    ['first time', {}, {}, { next: 'again', target: null, waiting: 'accepted', progress: { reasked: true } }],
    ['second time', { reasked: true } as const, {}, { next: 'doubt', reason: 'monitor-lost' }],
    ['no key there', {}, { repeatable: false }, { next: 'doubt', reason: 'monitor-lost' }],
    ['key too old', {}, { age: DAY }, { next: 'doubt', reason: 'monitor-lost' }],
  ])('that is gone: %s', (_, state, given, expected) => {
    expect(
      decided({ means: 'lost' }, { state: { target: MONITOR, ...state }, given, answer: response(404) }),
    ).toMatchObject(expected);
  });
  test('unreadable answers end in doubt, as everywhere', () => {
    const state = { target: MONITOR, unreadable: 7 };
    expect(decided({ means: 'unreadable' }, { state })).toEqual({ next: 'doubt', reason: 'unreadable-response' });
  });
});

describe('a question that is not answered', () => {
  test.each<[Target['kind'], string]>([
    ['result', 'redirect'],
    ['recovery', 'clock'],
  ])('%s: eight times', (kind, reason) => {
    const target: Target = { ...MONITOR, kind, ...(kind === 'recovery' && { reason: 'clock' as const }) };
    expect(decided(again, { state: { target, polls: 6 }, answer: failure })).toMatchObject({ next: 'again' });
    expect(decided(again, { state: { target, polls: 7 }, answer: failure })).toEqual({ next: 'doubt', reason });
  });
});

describe('a redirect', () => {
  const to = (kind: 'redirect' | 'result', location = '/v2'): Observation => ({ means: 'redirect', kind, location });
  test.each(['redirect', 'result'] as const)('%s: at once, and counted', (kind) => {
    expect(decided(to(kind))).toEqual({
      next: 'again',
      wait: 0,
      waiting: 'sending',
      progress: { redirects: 1, polls: 0 },
      target: { kind, url: 'https://api.example/v2' },
    });
  });
  test('five times', () => {
    expect(decided(to('redirect'), { state: { redirects: 4 } })).toMatchObject({ next: 'again' });
    expect(decided(to('redirect'), { state: { redirects: 5 } })).toEqual({ next: 'doubt', reason: 'redirect' });
  });
  test('is relative to where it came from', () => {
    const target: Target = { kind: 'redirect', url: 'https://api.example/a/b' };
    expect(decided(to('redirect', 'c'), { state: { target } })).toMatchObject({
      target: { url: 'https://api.example/a/c' },
    });
  });
  test('to a stranger is a doubt', () => {
    expect(decided(to('redirect', 'https://evil.example/'))).toEqual({ next: 'doubt', reason: 'redirect' });
  });
});

describe('recovery', () => {
  const profile = {
    ...generic,
    recover: { url: '{path}/{pointer}', pointer: 'id', accept: {}, when: 'named' as const },
  };
  test('is looked for once: what it found does not lead to another', () => {
    const target: Target = { kind: 'recovery', url: 'https://api.example/charges/a', reason: 'stuck' };
    expect(
      decided({ means: 'recover' }, { state: { target }, given: { profile }, answer: json(409, { id: 'b' }) }),
    ).toEqual({ next: 'doubt', reason: 'unproved-rejection' });
  });
  test('goes where the answer points', () => {
    expect(decided({ means: 'recover' }, { given: { profile }, answer: json(409, { id: 'a' }) })).toEqual({
      next: 'recover',
      target: { kind: 'recovery', url: 'https://api.example/charges/a', reason: 'unproved-rejection' },
    });
  });
  test.each([
    ['nowhere to go', { profile }, json(409, {})],
    ['the profile names none', {}, json(409, { id: 'a' })],
  ])('%s: in doubt', (_, given, answer) => {
    expect(decided({ means: 'recover' }, { given, answer })).toEqual({ next: 'doubt', reason: 'unproved-rejection' });
  });
  test('it happened, and this is not its result', () => {
    expect(decided({ means: 'done' })).toEqual({
      next: 'finish',
      state: 'succeeded',
      source: 'recovered',
      withoutResponse: true,
    });
  });
});

describe('how long the server asks to wait', () => {
  const profile = { ...generic, waitHeaders: ['retry-after-ms', 'x-ms'], minWait: { 409: 30_000 } };
  const wait = (status: number, headers: Record<string, string>) => {
    const decision = decided(
      status === 409 ? { means: 'in-progress', named: true } : { means: 'again', because: 'unavailable' },
      {
        given: { profile, fraction: 0 },
        answer: response(status, headers),
      },
    );
    return 'wait' in decision ? decision.wait : decision;
  };
  test.each([
    ["the profile's header, in milliseconds", 503, { 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    ['the second of them', 503, { 'x-ms': ' 700 ' }, 700],
    ['a malformed one is passed over', 503, { 'retry-after-ms': '1.5', 'x-ms': '2' }, 2],
    ['then Retry-After', 503, { 'retry-after': '9' }, 9_000],
    ['never less than documented', 409, { 'retry-after': '9' }, 30_000],
    ['documented, though not said', 409, {}, 30_000],
    ['more than documented', 409, { 'retry-after': '40' }, 40_000],
  ])('%s', (_, status, headers, expected) => expect(wait(status, headers as Record<string, string>)).toBe(expected));
});
