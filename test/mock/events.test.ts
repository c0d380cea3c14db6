import { describe, expect, test } from 'vitest';
import { EventLog } from '../../src/mock/events.ts';
import { createMock, type Fault, type Mock, type MockEvent, type MockOptions } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

const SECRET = 'sk_live_never_told';

const keyed = (): RequestInit => post({ note: SECRET }, { 'idempotency-key': 'k', authorization: `Bearer ${SECRET}` });

const send = (mock: Mock, path = '/charges'): Promise<unknown> =>
  mock.fetch(`${BASE}${path}?token=${SECRET}`, keyed()).catch((error: unknown) => error);

/** `kind`, and what says which one of its kind it is. */
const told = ({ kind, request, why, fault, status }: MockEvent): string =>
  [
    request ?? '-',
    kind,
    ...[kind === 'fault' ? fault : undefined, why, status].filter((part) => part !== undefined),
  ].join(' ');

const ROUTES: MockOptions['routes'] = {
  'POST /charges': () => Response.json({ id: SECRET }, { status: 201 }),
  'POST /declined': () => Response.json({ id: SECRET }, { status: 402 }),
};

const FIRST = ['arrived', 'locked', 'effect', 'stored 201'];

describe('what happens is told in order', () => {
  test.each<[what: string, plan: Fault[], story: string[]]>([
    ['a request and its repeat', [], [...FIRST, 'answered 201', '2 arrived', '2 replayed 201', '2 answered 201']],
    ['reset-before', ['reset-before'], ['arrived', 'fault reset-before', 'lost reset']],
    ['stall', ['stall'], ['arrived', 'fault stall', 'lost silence']],
    ['status:503', ['status:503'], ['arrived', 'fault status:503', 'answered 503']],
    ['reset-after', ['reset-after'], [...FIRST, 'fault reset-after', 'lost reset']],
    ['lose-response', ['lose-response'], [...FIRST, 'fault lose-response', 'lost silence']],
    ['truncate', ['truncate'], [...FIRST, 'fault truncate', 'lost truncate 201']],
    [
      'duplicate',
      ['duplicate'],
      [
        'arrived',
        'locked',
        'effect',
        'fault duplicate',
        '2 arrived',
        '2 refused in-progress 409',
        '2 lost duplicate',
        'stored 201',
        'answered 201',
      ],
    ],
  ])('%s', async (_what, plan, story) => {
    const mock = createMock({ routes: ROUTES });
    mock.fail(...plan);
    const lost = new Promise<void>((resolve) => {
      mock.on(({ kind, request }) => request === 1 && ['answered', 'lost'].includes(kind) && resolve());
    });
    void send(mock);
    await lost;
    if (plan.length === 0) await send(mock);
    expect(mock.events().map(told).toSorted(byRequest)).toEqual(
      story.map((line) => (/^\d/.test(line) ? line : `1 ${line}`)).toSorted(byRequest),
    );
  });

  test.each<[path: string, story: string[]]>([
    ['/declined', ['1 arrived', '1 locked', '1 effect', '1 released not-kept 402', '1 answered 402']],
    ['/nowhere', ['1 arrived', '1 refused not-found 404', '1 answered 404']],
  ])('%s', async (path, story) => {
    const mock = createMock({ routes: ROUTES });
    await send(mock, path);
    expect(mock.events().map(told)).toEqual(story);
  });

  test('a held repeat, a crash, an expired key, a reset', async () => {
    const gate = Promise.withResolvers<void>();
    const routes = { 'POST /charges': async () => (await gate.promise, Response.json({}, { status: 201 })) };
    const mock = createMock({ inProgress: 'wait', keyLifetime: '1h', routes });
    const cut = [send(mock), send(mock)];
    await expect.poll(() => mock.events().at(-1)?.kind).toBe('waiting');
    await mock.crash();
    await Promise.all(cut);
    gate.resolve();
    await send(mock);
    await mock.clock.advance('1h');
    await send(mock);
    mock.reset();
    const lines = mock.events().map(told);
    expect(lines.slice(0, 9)).toEqual([
      '1 arrived',
      '1 locked',
      '1 effect',
      '2 arrived',
      '2 waiting held',
      '- crashed',
      '1 released crash',
      ...lines.slice(7, 9).toSorted(),
    ]);
    expect(lines.slice(7, 9).toSorted()).toEqual(['1 lost crash', '2 lost crash']);
    expect(lines.slice(9)).toEqual([
      '3 arrived',
      '3 locked',
      '3 effect',
      '3 stored 201',
      '3 answered 201',
      '- clock',
      '- expired',
      '4 arrived',
      '4 locked',
      '4 effect',
      '4 stored 201',
      '4 answered 201',
      '- reset',
    ]);
    expect(mock.events()).toContainEqual(expect.objectContaining({ kind: 'clock', by: 3_600_000 }));
  });
});

test('every arrival ends once, ids have no gap, and no body, credential or query is told', async () => {
  const mock = createMock({ routes: ROUTES, log: (line) => lines.push(line) });
  const lines: object[] = [];
  mock.fail('reset-before', 'duplicate', 'truncate', 'status:500', 'reset-after');
  for (const path of ['/charges', '/charges', '/charges', '/declined', '/nowhere', '/charges']) await send(mock, path);
  const events = mock.events();
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  const requests = (kinds: string[]): unknown[] =>
    events.filter(({ kind }) => kinds.includes(kind)).map(({ request }) => request);
  expect(requests(['answered', 'lost']).toSorted()).toEqual(requests(['arrived']).toSorted());
  expect(JSON.stringify([events, lines])).not.toContain(SECRET);
  expect(structuredClone(events)).toEqual(JSON.parse(JSON.stringify(events)));
  // One log line per request a caller made: its last event, in another form.
  const ends = events.filter(({ kind, why }) => ['answered', 'lost'].includes(kind) && why !== 'duplicate');
  expect(lines).toEqual(
    ends.map(({ id: _id, kind: _kind, request: _request, route: _route, why: _why, ...line }) => line),
  );
});

test('listeners hear until they stop, and what one throws harms nobody', async () => {
  const uncaught: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => uncaught.push(error));
  try {
    const mock = createMock({ routes: ROUTES });
    const heard: MockEvent[] = [];
    const stopThrowing = mock.on(() => {
      throw new Error('a listener failed');
    });
    const stop = mock.on((event) => heard.push(event));
    await send(mock);
    stopThrowing();
    const all = mock.events();
    expect(heard).toEqual(all);
    expect(mock.events(all.at(-2)?.id)).toEqual(all.slice(-1));
    stop();
    await send(mock);
    expect(heard).toHaveLength(all.length);
    await expect.poll(() => uncaught.length).toBe(all.length);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
});

test('the history is bounded, and what is dropped is counted', () => {
  const log = new EventLog(() => 0, 10);
  for (let told = 1; told <= 57; told += 1) {
    log.tell('clock');
    const ids = log.list().map(({ id }) => id);
    expect(ids).toEqual(Array.from({ length: Math.min(told, 10) }, (_, index) => Math.max(0, told - 10) + index + 1));
    expect(log.dropped).toBe(Math.max(0, told - 10));
  }
  expect(log.list(55).map(({ id }) => id)).toEqual([56, 57]);
});

function byRequest(one: string, other: string): number {
  return Number(one.split(' ')[0]) - Number(other.split(' ')[0]);
}
