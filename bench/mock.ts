import { join } from 'node:path';
import { getResponse } from 'msw';
import { createMock } from '../src/mock/create-mock.ts';
import { handlers } from '../src/mock/msw.ts';
import type { Goal } from './goals.ts';
import { load, median, type ServerProcess, startServer } from './mock-load.ts';

const BODY = JSON.stringify({ amount: 1999, currency: 'eur' });

/** What the mock costs. Nothing else that mocks is installed here: the bare server is what all are measured against; others are by mock-rivals. */
export async function mockGoals(quick: boolean): Promise<Goal[]> {
  return [
    {
      what: 'mock over sockets against a bare node:http server',
      figure: await overSockets(quick),
      goal: 0.6,
      better: 'more',
      unit: 'x',
    },
    {
      what: 'mock through msw, 200 routes against 1',
      figure: await byRoutes(quick),
      goal: 1.2,
      better: 'less',
      unit: 'x',
    },
    ...(await withKeys(quick)),
  ];
}

const REQUEST = { path: '/charges', headers: { 'content-type': 'application/json' }, body: BODY };

/** Requests a second, ours against the bare one, in slices that take turns: the machine's other work strikes both. */
async function overSockets(quick: boolean): Promise<number> {
  const [ours, bare] = await Promise.all([start('mock'), start('bare')]);
  const ratios: number[] = [];
  const ms = quick ? 100 : 1_500;
  for (let slice = 0; slice < (quick ? 3 : 9); slice++) {
    const mocked = await load({ ...REQUEST, port: ours.port }, ms);
    const served = await load({ ...REQUEST, port: bare.port }, ms);
    // The first one warms up.
    if (slice > 0) ratios.push(mocked / served);
  }
  for (const { child } of [ours, bare]) child.stdin?.end();
  return median(ratios);
}

function start(which: string): Promise<ServerProcess> {
  return startServer([join(import.meta.dirname, 'mock-child.ts'), which]);
}

/** One handler takes everything, so a route more is a row more in a table, and no handler more for msw to try. */
async function byRoutes(quick: boolean): Promise<number> {
  const cost = async (routes: number): Promise<number> => {
    const path = (at: number): string => `POST /route-${at}`;
    const table = Object.fromEntries(
      Array.from({ length: routes }, (_, at) => [path(at), () => Response.json({ at }, { status: 201 })]),
    );
    const list = handlers(createMock({ routes: table }));
    const rounds = quick ? 50 : 2_000;
    const url = `http://api.test/route-${routes - 1}`;
    const started = performance.now();
    for (let at = 0; at < rounds; at++) {
      const headers = { 'idempotency-key': `key-${at}` };
      await getResponse(list, new Request(url, { method: 'POST', body: BODY, headers }));
    }
    return performance.now() - started;
  };
  await cost(1);
  const ratios: number[] = [];
  // There and back again: whoever comes first pays for the garbage of the one before.
  for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
    const many = [await cost(200)];
    const one = [await cost(1), await cost(1)];
    many.push(await cost(200));
    ratios.push(sum(many) / sum(one));
  }
  return median(ratios);
}

/** Latency with 100,000 keys stored against none, and what is left of them once they have expired. */
async function withKeys(quick: boolean): Promise<Goal[]> {
  const mock = createMock({ keyLifetime: '1h' });
  const send = (key: string): Promise<Response> =>
    mock.fetch('http://api.test/charges', { method: 'POST', body: BODY, headers: { 'idempotency-key': key } });
  const slice = async (name: string): Promise<number> => {
    const times: number[] = [];
    for (let at = 0; at < (quick ? 50 : 2_000); at++) {
      const started = performance.now();
      await send(`${name}-${at}`);
      times.push(performance.now() - started);
    }
    // The fastest tenth: the machine's other work doubles a median here, and is not the mock's.
    return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)] ?? Number.NaN;
  };
  await slice('warm');
  const empty = await slice('empty');
  for (let at = 0; at < (quick ? 500 : 100_000); at++) await send(`stored-${at}`);
  const full = await slice('full');
  await mock.clock.advance('2h');
  await slice('after');
  const stored = mock.ledger().filter(({ state }) => state === 'stored').length;
  const fresh = quick ? 50 : 2_000;
  return [
    {
      what: 'mock latency with 100,000 keys stored against none',
      figure: full / empty,
      goal: 1.2,
      better: 'less',
      unit: 'x',
    },
    { what: 'mock answers kept past their lifetime', figure: stored - fresh, goal: 0, better: 'less', unit: '' },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
