import { describe, expect, test } from 'vitest';
import { effectOfRecord, toOperation } from '../../src/core/operation.ts';
import type { StatePart } from '../../src/core/record.ts';
import { parseRecord } from '../../src/core/record-schema.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { encodeRecord } from '../../src/journal/codec.ts';
import { bytes, NOW, operation } from './support/rules.ts';

const CANARY = 'canary';
const finished = (state: Partial<StatePart>) =>
  operation(
    {
      finishedAt: NOW + 5,
      source: 'network',
      streak: { digest: CANARY, count: 1 },
      driver: { nonce: CANARY },
      response: { status: 402, headers: { 'x-request-id': CANARY }, body: bytes(CANARY) },
      redirectedTo: CANARY,
      ...state,
    },
    {
      scope: 'live',
      key: CANARY,
      meta: { note: CANARY },
      deadline: NOW + 10,
      request: {
        method: 'POST',
        url: `https://api.example/charges?${CANARY}`,
        headers: [['accept', CANARY]],
        body: bytes(CANARY),
      },
    },
  );

describe('what remains', () => {
  test.each<[Partial<StatePart>]>([
    [{ state: 'succeeded' }],
    [{ state: 'rejected' }],
    [{ state: 'not-sent' }],
    [{ state: 'discarded', effect: 'possible' }],
    [{ state: 'discarded', effect: 'none' }],
    [{ state: 'discarded' }],
  ])('%o: the fact, and no key, request, body, meta or answer', (state) => {
    const record = finished(state);
    const tombstone = toTombstone(record);
    expect(encodeRecord(tombstone)).not.toContain(CANARY);
    expect(effectOfRecord(tombstone)).toBe(effectOfRecord(record));
    const { id, owner, scope, round, fingerprint, salt, createdAt } = record.fixed;
    expect(tombstone.fixed).toMatchObject({
      id,
      owner,
      scope,
      round,
      fingerprint,
      salt,
      createdAt,
      request: { method: 'POST' },
    });
    expect(tombstone.state).toMatchObject({
      state: record.state.state,
      finishedAt: NOW + 5,
      tombstone: true,
      response: { status: 402 },
    });
    expect(parseRecord(structuredClone(tombstone), record.identity)).toEqual(tombstone);
    expect(toOperation(tombstone)).toMatchObject({ status: state.state, url: '', keyHint: '' });
  });
  test('whether it was ever sent', () => {
    const { dispatchedAt: _, ...unsent } = finished({ state: 'not-sent' }).state;
    expect(toTombstone(finished({ state: 'succeeded' })).state.dispatchedAt).toBe(NOW);
    expect(toTombstone({ ...finished({}), state: unsent }).state).not.toHaveProperty('dispatchedAt');
  });
  test('again: the same', () => {
    const once = toTombstone(finished({ state: 'succeeded' }));
    expect(toTombstone(once)).toEqual(once);
  });
  test('small enough to keep for ever', () => {
    expect(encodeRecord(toTombstone(finished({ state: 'succeeded' }))).length).toBeLessThan(700);
  });
  test('somebody has been told, or nobody asks any more', () => {
    expect(toTombstone(finished({ state: 'succeeded', acknowledgedAt: NOW + 9 })).state.acknowledgedAt).toBe(NOW + 9);
    expect(toTombstone(finished({ state: 'succeeded' })).state.acknowledgedAt).toBe(NOW + 5);
  });
});

test.each<[Partial<StatePart>]>([[{ state: 'claimed' }], [{ state: 'dispatched' }], [{ state: 'in-doubt' }]])(
  '%o is never collected',
  (state) => {
    const record = operation(state);
    expect(toTombstone(record)).toBe(record);
    // also with a member that only finished ones have
    const odd = operation({ ...state, finishedAt: NOW });
    expect(toTombstone(odd)).toBe(odd);
  },
);
