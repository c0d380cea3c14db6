import { describe, expect, test } from 'vitest';
import { type Before, beforeAttempt } from '../../src/core/before-attempt.ts';
import type { StatePart } from '../../src/core/record.ts';
import type { Settings } from '../../src/core/settings.ts';
import { Work } from '../../src/core/work.ts';
import { DAY, generic, NOW, operation } from './support/rules.ts';

interface Given {
  readonly state?: Partial<StatePart>;
  readonly deadline?: number;
  readonly now?: number;
  readonly limit?: number;
  readonly hurried?: boolean;
  readonly cancelled?: boolean;
  readonly closed?: boolean;
  /** The run that made the mark and has not sent yet. */
  readonly fresh?: boolean;
  readonly url?: string;
}

function before(given: Given): Before {
  const record = operation(given.state, given.deadline === undefined ? {} : { deadline: given.deadline });
  const work = new Work(record, { fresh: given.fresh ?? false });
  if (given.hurried) work.hurried = true;
  if (given.cancelled) work.cancelled = true;
  const closing = new AbortController();
  if (given.closed) closing.abort();
  const settings = {
    profile: generic,
    attemptTimeout: 30_000,
    retry: { limit: given.limit ?? 8, baseDelay: 500, maxDelay: 30_000 },
    clock: { now: () => given.now ?? NOW, monotonic: () => 0, sleep: async () => undefined },
  } as Partial<Settings> as Settings;
  return beforeAttempt(work, { settings, closing: closing.signal });
}

const doubt = (reason: string) => ({ kind: 'doubt', reason });
const wait = (ms: number) => ({ kind: 'wait', ms });
const go = { kind: 'go' };

describe('before an attempt', () => {
  test.each<[string, Given, object]>([
    ['nothing in the way', {}, go],
    ['closed', { closed: true, cancelled: true, fresh: true }, { kind: 'closed' }],
    ['cancelled, nothing possible', { cancelled: true, fresh: true }, { kind: 'cancelled' }],
    ['cancelled, something possible: goes on', { cancelled: true }, go],
    ['due later', { state: { dueAt: NOW + 700 } }, wait(700)],
    ['due now', { state: { dueAt: NOW } }, go],
    ['key expired', { now: NOW + DAY }, doubt('key-expired')],
    ['the same age, nothing sent', { now: NOW + DAY, fresh: true }, go],
    ['clock 61 s back', { now: NOW - 60_001 }, doubt('clock')],
    ['clock 60 s back: within tolerance', { now: NOW - 60_000 }, go],
    ['clock back, nothing sent', { now: NOW - DAY, fresh: true }, go],
    ['not to be repeated', { limit: 1 }, doubt('not-repeatable')],
    ['not to be repeated, nothing sent', { limit: 1, fresh: true }, go],
    ['deadline, something possible', { deadline: NOW }, doubt('deadline')],
    ['deadline, nothing sent', { deadline: NOW, fresh: true }, { kind: 'not-sent' }],
    ['deadline to come', { deadline: NOW + 1 }, go],
  ])('%s', (_name, given, expected) => {
    expect(before(given)).toEqual(expected);
  });
});

describe('"try now"', () => {
  test.each<[string, Partial<StatePart>, object]>([
    ['skips a backoff', { dueAt: NOW + 700, waiting: 'backoff' }, go],
    ['skips a parked retry', { dueAt: NOW + 300_000, waiting: 'backoff' }, go],
    ['never a Retry-After', { dueAt: NOW + 700, notBefore: NOW + 700, waiting: 'retry-after' }, wait(700)],
    ['nor one inside a longer backoff', { dueAt: NOW + 900, notBefore: NOW + 500, waiting: 'backoff' }, wait(500)],
    ['nor one of a 409', { dueAt: NOW + 900, notBefore: NOW + 500, waiting: 'in-progress' }, wait(500)],
    ['nor one of a 202', { dueAt: NOW + 900, notBefore: NOW + 500, waiting: 'accepted' }, wait(500)],
    ['one that has passed', { dueAt: NOW + 900, notBefore: NOW - 1, waiting: 'backoff' }, go],
  ])('%s', (_name, state, expected) => {
    expect(before({ state, hurried: true })).toEqual(expected);
  });
});
