import { describe, expect, test } from 'vitest';
import { type Action, KNOWN_NAME, type Standing, standingOf } from '../../src/core/known-name.ts';
import type { StatePart } from '../../src/core/record.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { NOW, operation } from './support/rules.ts';

const ended = (state: StatePart['state'], further: Partial<StatePart> = {}): Partial<StatePart> => ({
  state,
  finishedAt: NOW + 5,
  ...further,
});

describe('how a record stands', () => {
  test.each<[Partial<StatePart>, Standing, Standing]>([
    [{ state: 'claimed' }, 'pending', 'pending'],
    [{ state: 'dispatched' }, 'pending', 'pending'],
    [{ state: 'dispatched', waiting: 'credentials' }, 'pending', 'pending'],
    [{ state: 'in-doubt', reason: 'stuck' }, 'in-doubt', 'in-doubt'],
    [ended('succeeded'), 'succeeded', 'succeeded tombstone'],
    [ended('rejected'), 'rejected', 'rejected tombstone'],
    [ended('not-sent'), 'unsent', 'unsent'],
    [ended('discarded', { effect: 'none' }), 'unsent', 'unsent'],
    [ended('discarded', { effect: 'possible' }), 'discarded', 'discarded tombstone'],
    [ended('discarded'), 'discarded', 'discarded tombstone'],
  ])('%o: %s; collected: %s', (state, standing, collected) => {
    expect(standingOf(operation(state))).toBe(standing);
    expect(standingOf(toTombstone(operation(state)))).toBe(collected);
  });
});

describe('what a call with that name does', () => {
  test.each<[Standing, Action, Action]>([
    ['absent', 'claim', 'claim'],
    ['pending', 'join', 'conflict'],
    ['in-doubt', 'stored', 'stored'],
    ['succeeded', 'stored', 'conflict'],
    ['rejected', 'stored-or-new-round', 'new-round'],
    ['unsent', 'new-round', 'new-round'],
    ['discarded', 'stored', 'stored'],
    ['succeeded tombstone', 'stored', 'stored'],
    ['rejected tombstone', 'stored-or-new-round', 'new-round'],
    ['discarded tombstone', 'stored', 'stored'],
  ])('%s: same %s, other %s', (standing, same, other) => {
    expect(KNOWN_NAME[standing]).toEqual({ same, other });
  });
});
