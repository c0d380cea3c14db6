import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectOfRecord } from '../../src/core/operation.ts';
import { isFinished, isOpen, type JournalRecord, type State, type StatePart } from '../../src/core/record.ts';
import { parseRecord } from '../../src/core/record-schema.ts';
import { collected, DEFAULT_RETENTION } from '../../src/core/retention.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { encodeRecord } from '../../src/journal/codec.ts';
import { bytes, DAY, NOW, operation } from './support/rules.ts';

const SAID = 'what-the-answer-said';
const answered: Partial<StatePart> = {
  finishedAt: NOW,
  acknowledgedAt: NOW,
  response: { status: 201, headers: { 'x-request-id': SAID }, body: bytes(SAID) },
  progress: { percent: 100, data: SAID },
  streak: { digest: SAID, count: 2 },
};
const succeeded = (state: Partial<StatePart> = {}) => operation({ state: 'succeeded', ...answered, ...state });
const at = (age: number, record: JournalRecord = succeeded()) => collected(record, DEFAULT_RETENTION, NOW + age);

describe('what goes, and when', () => {
  test.each([
    [-DAY, 'all'],
    [DAY - 1, 'all'],
    [DAY, 'fact, request and key'],
    [400 * DAY - 1, 'fact, request and key'],
    [400 * DAY, 'fact'],
  ])('%i ms after the end: %s stays', (age, stays) => {
    const text = encodeRecord(at(age));
    expect(text.includes(SAID)).toBe(stays === 'all');
    expect(text.includes(succeeded().fixed.key)).toBe(stays !== 'fact');
  });
  test('the status of the answer stays all along', () => {
    for (const age of [0, DAY, 400 * DAY]) expect(at(age).state?.response?.status).toBe(201);
  });
  test('at the last it is the tombstone', () => {
    expect(at(400 * DAY)).toEqual(toTombstone(succeeded()));
  });
  test('a record that is kept shorter than its answer takes the answer along', () => {
    const kept = collected(succeeded(), { response: 2 * DAY, record: DAY }, NOW + DAY);
    expect(kept).toEqual(toTombstone(succeeded()));
  });
});

test('a handed-in key is kept for ever', () => {
  const key: JournalRecord = {
    version: 1,
    identity: 'key/shop//k',
    revision: 0,
    write: 'w',
    fixed: { kind: 'key', operation: 'shop/alice/cart%2F1', round: 1, createdAt: NOW },
  };
  expect(at(4000 * DAY, key)).toBe(key);
});

const state = fc.constantFrom<State>(
  'claimed',
  'dispatched',
  'in-doubt',
  'succeeded',
  'rejected',
  'not-sent',
  'discarded',
);
const stored = fc
  .record({
    state,
    ended: fc.boolean(),
    told: fc.boolean(),
    answer: fc.boolean(),
    effect: fc.constantFrom('none' as const, 'possible' as const),
  })
  .map(({ ended, told, answer, effect, ...one }) => {
    const { finishedAt: _, acknowledgedAt: __, ...more } = answered;
    return operation({
      ...one,
      effect,
      ...(answer && more),
      ...(ended && { finishedAt: NOW }),
      ...(told && { acknowledgedAt: NOW }),
    });
  });
const retention = fc.record({ response: fc.nat(10 * DAY), record: fc.nat(10 * DAY) });
const time = fc.integer({ min: NOW - 20 * DAY, max: NOW + 20 * DAY });

describe('whatever the record, the retention and the time', () => {
  test('what is open, or has no end, comes back as it is', () => {
    fc.assert(
      fc.property(stored, retention, time, (record, kept, now) => {
        if (isOpen(record) || record.state.finishedAt === undefined) expect(collected(record, kept, now)).toBe(record);
      }),
    );
  });
  test('it can be read back, says the same of the effect, and knows its name, revision and writer', () => {
    fc.assert(
      fc.property(stored, retention, time, (record, kept, now) => {
        const left = collected(record, kept, now);
        expect(parseRecord(structuredClone(left), record.identity)).toEqual(left);
        const { version, identity, revision, write } = record;
        expect(left).toMatchObject({ version, identity, revision, write });
        if (left.state === undefined) throw new Error('an operation became a key');
        expect(effectOfRecord(left)).toBe(effectOfRecord(record));
        expect(isFinished(left.state)).toBe(isFinished(record.state));
        expect(isOpen(left)).toBe(isOpen(record));
      }),
    );
  });
  test('again at the same time: nothing more goes, and nothing is copied', () => {
    fc.assert(
      fc.property(stored, retention, time, (record, kept, now) => {
        const once = collected(record, kept, now);
        expect(collected(once, kept, now)).toBe(once);
      }),
    );
  });
  test('collected late is collected the same as bit by bit', () => {
    fc.assert(
      fc.property(stored, retention, time, time, (record, kept, one, other) => {
        const [early, late] = one < other ? [one, other] : [other, one];
        expect(collected(collected(record, kept, early), kept, late)).toEqual(collected(record, kept, late));
      }),
    );
  });
});
