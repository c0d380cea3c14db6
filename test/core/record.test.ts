import { describe, expect, test } from 'vitest';
import {
  applyClaim,
  applyUpdate,
  type Change,
  isFinished,
  isOpen,
  type KeyRecord,
  type State,
} from '../../src/core/record.ts';
import { bytes, NOW, operation } from './support/rules.ts';

const record = operation();
const key: KeyRecord = {
  version: 1,
  identity: 'key/shop//k',
  revision: 1,
  write: 'k1',
  fixed: { kind: 'key', operation: record.identity, round: 1, createdAt: NOW },
};
const offered = { ...operation({}, { key: 'another-key' }), revision: 1 as const, write: 'w2' };
const change = (further: Partial<Change> = {}): Change => ({
  revision: 1,
  write: 'w2',
  state: { ...record.state, attempts: 2 },
  ...further,
});

describe('claim', () => {
  test('of a free name', () => {
    expect(applyClaim(undefined, offered)).toEqual({ created: true, record: offered });
  });
  test('of a taken one: what is there comes back', () => {
    expect(applyClaim(record, offered)).toEqual({ created: false, record });
    expect(applyClaim(key, offered)).toEqual({ created: false, record: key });
  });
  test('run again: recognises its own', () => {
    expect(applyClaim(offered, offered)).toEqual({ created: true, record: offered });
  });
});

describe('update', () => {
  test('wins at its revision, and replaces the state whole', () => {
    const { won, record: next } = applyUpdate(operation({ dueAt: NOW, waiting: 'backoff' }), change());
    expect(won).toBe(true);
    expect(next).toEqual({ ...record, revision: 2, write: 'w2', state: { ...record.state, attempts: 2 } });
  });
  test.each([0, 2, 7])('loses at revision %i', (revision) => {
    expect(applyUpdate(record, change({ revision }))).toEqual({ won: false, record });
  });
  test('of nothing, or of a claimed key, loses', () => {
    expect(applyUpdate(undefined, change())).toEqual({ won: false, record: undefined });
    expect(applyUpdate(key, change())).toEqual({ won: false, record: key });
  });
  test('run again: recognises its own, and does not count twice', () => {
    const { record: once } = applyUpdate(record, change());
    expect(applyUpdate(once, change())).toEqual({ won: true, record: once });
  });
  test('run again after somebody else has written: lost', () => {
    const { record: once } = applyUpdate(record, change());
    const { record: twice } = applyUpdate(once, change({ revision: 2, write: 'w3' }));
    expect(applyUpdate(twice, change())).toEqual({ won: false, record: twice });
  });
  test('cannot touch the fixed part, unless it begins a round', () => {
    const round = { ...record.fixed, round: 2, key: 'another' };
    expect(applyUpdate(record, change()).record?.fixed).toEqual(record.fixed);
    expect(applyUpdate(record, change({ round })).record?.fixed).toEqual(round);
  });
  test.each<[State, boolean]>([
    ['claimed', false],
    ['dispatched', false],
    ['in-doubt', false],
    ['succeeded', true],
    ['rejected', true],
    ['not-sent', true],
    ['discarded', true],
  ])('%s: finished %s; then the request body goes, and nothing else of it', (state, finished) => {
    const { record: next } = applyUpdate(record, change({ state: { ...record.state, state } }));
    const { body, ...request } = record.fixed.request;
    expect(isFinished({ ...record.state, state })).toBe(finished);
    expect(next?.fixed).toEqual({ ...record.fixed, request: finished ? request : { ...request, body } });
    // the record that was given is not written into
    expect(record.fixed.request.body).toEqual(bytes('{"amount":1}'));
  });
});

describe('worth reading at a start', () => {
  test.each<[State, boolean]>([
    ['claimed', true],
    ['dispatched', true],
    ['in-doubt', true],
    ['succeeded', false],
    ['rejected', false],
    ['not-sent', false],
    ['discarded', false],
  ])('%s, acknowledged: %s', (state, open) => {
    expect(isOpen(operation({ state }))).toBe(true);
    expect(isOpen(operation({ state, acknowledgedAt: NOW }))).toBe(open);
  });
  test('a claimed key is not', () => {
    expect(isOpen(key)).toBe(false);
  });
});
