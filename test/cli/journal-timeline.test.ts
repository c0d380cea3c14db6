import { describe, expect, test } from 'vitest';
import { adviceFor } from '../../src/cli/journal-advice.ts';
import { timelineOf } from '../../src/cli/journal-timeline.ts';
import { viewOf } from '../../src/cli/journal-view.ts';
import type { OperationPart, OperationRecord, StatePart } from '../../src/core/record.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { type ProcessIdentity, type ProcessTable, processTable } from '../../src/node/process-table.ts';
import { NOW, operation } from '../core/support/rules.ts';

const events = (state: Partial<StatePart>, fixed?: Partial<OperationPart>): string =>
  timelineOf(operation(state, fixed))
    .map(({ event }) => event)
    .join(' ');

describe('what a record says of a life', () => {
  test.each<[string, Partial<StatePart>]>([
    ['created dispatched', {}],
    ['created dispatched next-attempt', { dueAt: NOW + 5000, waiting: 'backoff' }],
    ['created dispatched not-before next-attempt', { notBefore: NOW + 4000, dueAt: NOW + 5000 }],
    [
      'created dispatched in-progress last-seen next-attempt',
      { inProgressSince: NOW + 1, lastSeenAt: NOW + 2, dueAt: NOW + 9 },
    ],
    ['created dispatched last-sent last-seen', { state: 'in-doubt', lastSentAt: NOW + 1, lastSeenAt: NOW + 2 }],
    ['created dispatched finished acknowledged', { state: 'succeeded', finishedAt: NOW + 3, acknowledgedAt: NOW + 4 }],
    // What was due when it ended is not due any more.
    ['created dispatched finished', { state: 'discarded', finishedAt: NOW + 3, dueAt: NOW + 9, notBefore: NOW + 9 }],
  ])('%s', (line, state) => {
    expect(events(state)).toBe(line);
  });
  test('a deadline, in its place', () => {
    expect(events({ dueAt: NOW + 10 }, { deadline: NOW + 5 })).toBe('created dispatched deadline next-attempt');
  });
  test('a mark written with the claim comes after it; a clock that went back is shown', () => {
    expect(timelineOf(operation({ dispatchedAt: NOW - 3 }))[1]).toMatchObject({ at: NOW, event: 'dispatched' });
    expect(events({ dispatchedAt: NOW - 3000 })).toMatch(/^dispatched created/);
  });
  test('a tombstone tells what it still knows', () => {
    const record = toTombstone(operation({ state: 'succeeded', finishedAt: NOW + 3 }));
    expect(timelineOf(record).map(({ event }) => event)).toEqual(['created', 'dispatched', 'finished', 'acknowledged']);
    const view = viewOf({ client: 'shop', record }, processTable());
    expect(view).toMatchObject({ tombstone: true, status: 'succeeded' });
    expect(view).not.toHaveProperty('url');
    expect(view).not.toHaveProperty('keyHint');
  });
});

/** A system of which is known what is said here. */
function system(self: ProcessIdentity, found: 'alive' | 'gone' | 'unknown' = 'alive'): ProcessTable {
  return { self: () => self, look: () => found };
}

describe('who drives', () => {
  const here = { pid: 1, startTime: '1', bootId: 'b', pidNamespace: 'n' };
  const standing = (driver: StatePart['driver'], table: ProcessTable) =>
    viewOf({ client: 'shop', record: operation({ ...(driver && { driver }) }) }, table);
  test.each([
    ['nobody', undefined, 'alive'],
    ['alive', {}, 'alive'],
    ['gone', {}, 'gone'],
    ['unknown', {}, 'unknown'],
    ['gone', { bootId: 'another' }, 'alive'],
    ['unknown', { pidNamespace: 'another' }, 'alive'],
    ['unknown', { bootId: undefined }, 'alive'],
  ] as const)('%s: mark %j, its process %s', (driver, mark, found) => {
    const { bootId, ...rest } = { ...here, ...mark };
    const given = { nonce: 'x', ...rest, ...(bootId !== undefined && { bootId }) };
    expect(standing(mark && given, system(here, found)).driver).toBe(driver);
  });
  test('while it lives its operation is being sent, else interrupted; what is stored as the reason counts more', () => {
    const waiting = (state: Partial<StatePart>, found: 'alive' | 'gone') =>
      viewOf({ client: 'shop', record: operation({ driver: { nonce: 'x', ...here }, ...state }) }, system(here, found))
        .waiting;
    expect([waiting({}, 'alive'), waiting({}, 'gone'), waiting({ waiting: 'credentials' }, 'alive')]).toEqual([
      'sending',
      'interrupted',
      'credentials',
    ]);
  });
});

test('where it goes next and where it was sent to are told as origins; how far it is', () => {
  const record = operation({
    target: { kind: 'monitor', url: 'https://status.example/secret?token=1' },
    redirectedTo: '/elsewhere?token=2',
    progress: { percent: 40, data: 'secret' },
  });
  const view = viewOf({ client: 'shop', record }, processTable());
  expect(view).toMatchObject({
    target: { kind: 'monitor', origin: 'https://status.example' },
    redirectedTo: 'https://api.example',
    percent: 40,
  });
  expect(JSON.stringify(view)).not.toMatch(/secret|token/);
});

describe('what to do', () => {
  const advice = (record: OperationRecord, driver?: 'alive' | 'gone' | 'unknown' | 'nobody'): string =>
    adviceFor(record, { driver, target: ['/j', "it's"], now: NOW, attemptTimeout: 30_000 }).join('\n');
  test.each<[string, Partial<StatePart>, Partial<OperationPart>, 'alive' | 'gone' | 'unknown' | undefined, RegExp]>([
    [
      'a doubt',
      { state: 'in-doubt', reason: 'stuck' },
      {},
      undefined,
      /journal resolve \/j 'it'\\''s' --done\n.*from 2026-01-02T03:05:35/,
    ],
    ['an outcome nobody knows of', { state: 'rejected', finishedAt: NOW }, {}, undefined, /operations\.outcome/],
    ['told', { state: 'rejected', finishedAt: NOW, acknowledgedAt: NOW }, {}, undefined, /^$/],
    ['driven', {}, {}, 'alive', /^$/],
    ['not to be told from here', {}, {}, 'unknown', /^$/],
    ['left alone', {}, {}, 'gone', /start the application/],
    ['without a name', {}, { anonymous: true }, 'gone', /journal discard .* --even-if-possibly-sent$/],
  ])('%s', (_, state, fixed, driver, says) => {
    expect(advice(operation(state, fixed), driver)).toMatch(says);
  });
});
