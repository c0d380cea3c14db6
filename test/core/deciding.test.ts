import { describe, expect, test } from 'vitest';
import { type Decided, discarded, resolved } from '../../src/core/deciding.ts';
import { effectOfRecord } from '../../src/core/operation.ts';
import type { State, StatePart } from '../../src/core/record.ts';
import { NOW, operation } from './support/rules.ts';

const DRIVER = { nonce: 'n' };
const LATER = NOW + 3_600_000;
const unsent = (): ReturnType<typeof operation> => {
  const record = operation({ state: 'claimed' });
  const { dispatchedAt: _, ...state } = record.state;
  return { ...record, state };
};
const told = (decided: Decided): string =>
  decided.kind === 'refused'
    ? decided.refusal.because
    : `${decided.state.state} ${effectOfRecord({ state: decided.state })}`;

describe('discard', () => {
  const discard = (record: ReturnType<typeof operation>, evenIfPossiblySent: boolean): string =>
    told(discarded(record, { now: LATER, evenIfPossiblySent }));
  test.each<[State, string, string]>([
    ['dispatched', 'possible', 'discarded possible'],
    ['in-doubt', 'possible', 'discarded possible'],
    ['succeeded', 'ended', 'ended'],
    ['rejected', 'ended', 'ended'],
    ['not-sent', 'ended', 'ended'],
    ['discarded', 'ended', 'ended'],
  ])('%s: %s; where it is said that it may have been sent: %s', (state, plain, said) => {
    expect([discard(operation({ state }), false), discard(operation({ state }), true)]).toEqual([plain, said]);
  });
  test('nothing was sent: then there is nothing to say', () => {
    expect(discard(unsent(), false)).toBe('discarded none');
  });
  test('nobody drives it, nothing is due, and somebody knows', () => {
    const record = operation({ driver: DRIVER, dueAt: LATER, waiting: 'backoff', reason: 'stuck' });
    const decided = discarded(record, { now: LATER, evenIfPossiblySent: true });
    const { driver: _, dueAt: __, waiting: ___, ...rest } = record.state;
    expect(decided).toEqual({
      kind: 'state',
      state: { ...rest, state: 'discarded', effect: 'possible', finishedAt: LATER, acknowledgedAt: LATER },
    });
  });
});

describe('resolve', () => {
  const given = { now: LATER, attemptTimeout: 30_000 };
  const doubt = (state: Partial<StatePart> = {}) =>
    operation({ state: 'in-doubt', reason: 'stuck', driver: DRIVER, response: { status: 500, headers: {} }, ...state });
  test.each<[State]>([['claimed'], ['dispatched'], ['succeeded'], ['rejected'], ['not-sent'], ['discarded']])(
    '%s is not in doubt',
    (state) => {
      for (const effect of ['done', 'none'] as const)
        expect(told(resolved(operation({ state }), { effect }, given))).toBe('not-in-doubt');
    },
  );
  test('done: neither reason nor the answer of the doubt stays; what was brought along does', () => {
    const { reason: _, response: __, driver: ___, ...rest } = doubt().state;
    const state = { ...rest, state: 'succeeded', source: 'recovered', finishedAt: LATER, acknowledgedAt: LATER };
    expect(resolved(doubt(), { effect: 'done' }, given)).toEqual({ kind: 'state', state });
    const response = { status: 200, headers: {} };
    expect(resolved(doubt(), { effect: 'done', response }, given)).toEqual({
      kind: 'state',
      state: { ...state, response },
    });
  });
  test('done may be said at once', () => {
    expect(told(resolved(doubt(), { effect: 'done' }, { ...given, now: NOW }))).toBe('succeeded done');
  });
  test.each([
    [89_999, 'too-early'],
    [90_000, 'discarded none'],
  ])('none, %i ms after the last send: %s', (after, what) => {
    const decided = resolved(doubt({ lastSentAt: NOW }), { effect: 'none' }, { ...given, now: NOW + after });
    expect(told(decided)).toBe(what);
    if (decided.kind === 'refused') expect(decided.refusal).toEqual({ because: 'too-early', until: NOW + 90_000 });
  });
});
