import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MockEvent, MockEventKind } from '../../../src/mock/events.ts';
import { createMock, type Fault, type LedgerEntry, type Mock } from '../../../src/mock/index.ts';
import { FAULTS } from '../../../src/mock/inspector/page/faults.js';
import { withEvents } from '../../../src/mock/inspector/page/history.js';
import { type Lane, lanesOf, stateOf, tenantsOf, timeText } from '../../../src/mock/inspector/page/lanes.js';
import { BASE, post } from '../support/transports.ts';

/** What a lane says, row by row. */
const told = ({ rows }: Lane): string[] =>
  rows.map((row) =>
    row.kind === 'mark'
      ? `- ${row.step.text}`
      : [
          `#${row.request}`,
          row.title,
          ...row.steps.filter(({ kind }) => kind !== 'arrived').map(({ text }) => `[${text}]`),
        ].join(' '),
  );

const byKey = (mock: Mock): Record<string, string[]> =>
  Object.fromEntries(lanesOf(mock.events(), mock.ledger()).map((lane) => [lane.key ?? '-', told(lane)]));

const send = (mock: Mock, key?: string, tenant = 'default'): Promise<unknown> => {
  const headers = { ...(key !== undefined && { 'idempotency-key': key }), 'x-tenant': tenant };
  return mock
    .fetch(`${BASE}/charges`, { ...post({}, headers), signal: AbortSignal.timeout(1_000) })
    .catch((error: unknown) => error);
};

describe('one lane per key', () => {
  test('attempts are rows in the order of arrival, with what struck them', async () => {
    const mock = createMock();
    mock.fail('reset-after', 'status:503');
    await send(mock, 'a');
    await send(mock, 'a');
    await send(mock, 'a');
    await send(mock, 'b');
    expect(byKey(mock)).toEqual({
      b: ['#4 POST /charges [lock] [effect] [store 201] [answer 201]'],
      a: [
        '#1 POST /charges [lock] [effect] [store 201] [fault reset-after] [no answer reset]',
        '#2 POST /charges [fault status:503] [answer 503]',
        '#3 POST /charges [replay 201] [answer 201]',
      ],
    });
    const [newest, oldest] = lanesOf(mock.events());
    expect([newest?.key, oldest?.key]).toEqual(['b', 'a']);
    expect(oldest?.counts).toEqual({ attempts: 3, effects: 1, replays: 1, faults: 2 });
  });

  test('crash and clock are marks on every lane there is; a key that expires, on its own', async () => {
    const mock = createMock({ keyLifetime: '1h' });
    await send(mock, 'a');
    await mock.crash();
    await mock.clock.advance('90m');
    await send(mock, 'a');
    await send(mock, 'b');
    const { a, b } = byKey(mock);
    expect(a).toEqual([
      '#1 POST /charges [lock] [effect] [store 201] [answer 201]',
      '- the server crashed',
      '- clock +1.5 h',
      '- the stored answer is past its lifetime, and forgotten',
      '#2 POST /charges [lock] [effect] [store 201] [answer 201]',
    ]);
    expect(b).toEqual(['#3 POST /charges [lock] [effect] [store 201] [answer 201]']);
  });

  test('what never came in, and what comes in later, are attempts too', async () => {
    const mock = createMock();
    mock.fail('refuse', 'zombie', 'misdirected');
    for (const key of ['a', 'b', 'c']) await send(mock, key);
    await expect.poll(() => byKey(mock)['b']).toHaveLength(2);
    expect(byKey(mock)).toMatchObject({
      c: ['#3 POST /charges [fault misdirected] [answer 421]'],
      b: [
        '#2 POST /charges [fault zombie] [no answer reset]',
        '#4 POST /charges [lock] [effect] [store 201] [no answer zombie]',
      ],
      a: ['#1 POST /charges [fault refuse] [no answer refused]'],
    });
  });

  test('the same key of two tenants is two lanes, and requests without a key share one', async () => {
    const mock = createMock({ tenant: (request) => request.headers.get('x-tenant') ?? '' });
    await send(mock, 'k', 'one');
    await send(mock, 'k', 'two');
    await send(mock, undefined, 'two');
    await send(mock, undefined, 'two');
    const lanes = lanesOf(mock.events());
    expect(lanes.map(({ tenant, key, rows }) => [tenant, key, rows.length])).toEqual([
      ['two', undefined, 2],
      ['two', 'k', 1],
      ['one', 'k', 1],
    ]);
    expect(tenantsOf(lanes)).toEqual(['one', 'two']);
  });

  test('after a reset nothing is left, not even what it cut off', async () => {
    const mock = createMock({ routes: { 'POST /charges': () => new Promise(() => {}) } });
    const cut = send(mock, 'a');
    await expect.poll(() => mock.events().at(-1)?.kind).toBe('effect');
    mock.reset();
    await cut;
    await expect.poll(() => mock.events().at(-1)?.kind).toBe('lost');
    expect(lanesOf(mock.events(), mock.ledger())).toEqual([]);
  });

  test('a key that only the ledger knows has a lane', () => {
    const [lane] = lanesOf([], [entry({ key: 'old' })]);
    expect(lane).toMatchObject({ key: 'old', rows: [], last: 0 });
  });

  test('an attempt that has not ended is open', () => {
    const [lane] = lanesOf([event(1, 'arrived'), event(2, 'locked')]);
    expect(lane?.rows).toMatchObject([{ ended: false }]);
  });

  test('whatever the events, each is on the lane of its key, once', () => {
    const kinds: MockEventKind[] = ['arrived', 'locked', 'effect', 'stored', 'replayed', 'answered', 'lost', 'expired'];
    const events = fc
      .array(
        fc.record({
          kind: fc.constantFrom(...kinds),
          request: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
          key: fc.option(fc.constantFrom('a', 'b', '__proto__'), { nil: undefined }),
          tenant: fc.constantFrom('one', 'two'),
        }),
      )
      .map((list) => list.map((one, index) => ({ id: index + 1, at: index, ...one }) as MockEvent));
    fc.assert(
      fc.property(events, (list) => {
        const placed = lanesOf(list).flatMap(({ tenant, key, rows }) =>
          rows
            .flatMap((row) => (row.kind === 'mark' ? [row.step] : row.steps))
            .map(({ id }) => JSON.stringify([id, tenant, key ?? null])),
        );
        const expected = list.map(({ id, tenant, key }) => JSON.stringify([id, tenant, key ?? null]));
        expect(placed.toSorted()).toEqual(expected.toSorted());
      }),
    );
  });
});

describe('what a key stands for', () => {
  test.each<[what: string, entry: Partial<LedgerEntry> | undefined, text: string]>([
    ['nothing is known', undefined, 'no key'],
    ['a handler runs', { state: 'processing' }, 'locked'],
    ['stored', { state: 'stored', status: 201, expiresAt: 7_200_000 }, 'stored 201, for 2 h'],
    ['stored, and its time is over', { state: 'stored', status: 201, expiresAt: 0 }, 'expired'],
    [
      'stored for ever, as JSON has it',
      { state: 'stored', status: 200, expiresAt: null as never },
      'stored 200, for ever',
    ],
    ['expired', { state: 'expired', status: 201, expiresAt: 7_200_000 }, 'expired'],
    ['free', { state: 'free' }, 'free'],
  ])('%s', (_what, known, text) => {
    const [lane] = lanesOf([event(1, 'arrived')], known && [entry(known)]);
    expect(lane && stateOf(lane, 0).text).toBe(text);
  });

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_500, '1.5 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min'],
    [5_400_000, '1.5 h'],
    [604_800_000, '7 d'],
  ])('%d ms is %s', (ms, text) => {
    expect(timeText(ms)).toBe(text);
  });
});

describe('the history', () => {
  const list = (...ids: number[]): MockEvent[] => ids.map((id) => event(id, 'arrived'));

  test('told again, it stays as it is', () => {
    const told = fc.tuple(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 50 }),
    );
    fc.assert(
      fc.property(told, ([first, count, from]) => {
        const all = list(...Array.from({ length: count }, (_, index) => first + index));
        const known = withEvents([], all.slice(0, from));
        // After a broken connection everything comes again.
        expect(withEvents(known, all)).toEqual(all);
      }),
    );
  });

  test('of another server, it begins anew', () => {
    const other = list(1, 2).map((one) => ({ ...one, at: 77 }));
    expect(withEvents(list(1, 2, 3), other)).toEqual(other);
    expect(withEvents(list(5, 6), list(1))).toEqual(list(1));
  });

  test('it is bounded', () => {
    const known = withEvents([], list(...Array.from({ length: 10_050 }, (_, index) => index + 1)));
    expect(known).toHaveLength(10_000);
    expect(known.at(-1)?.id).toBe(10_050);
  });
});

test.each(FAULTS.map(([fault]) => fault))('there is a fault %s', (fault: Fault) => {
  expect(() => createMock().fail(fault)).not.toThrow();
});

function event(id: number, kind: MockEventKind): MockEvent {
  return { id, at: 0, kind, request: 1, tenant: 'default', key: 'k', method: 'POST', path: '/' };
}

function entry(some: Partial<LedgerEntry>): LedgerEntry {
  return { key: 'k', tenant: 'default', state: 'free', hits: 1, effects: 0, firstSeenAt: 0, expiresAt: 0, ...some };
}
