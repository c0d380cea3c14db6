import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Client, type ClientOptions, createClient, type Journal, memoryJournal } from '../../src/index.node.ts';
import { type MovableClock, movableClock } from '../../src/mock/movable-clock.ts';
import { ietf } from '../../src/profiles/index.ts';
import { toldError, until } from '../support/client-world.ts';

interface Api {
  readonly url: string;
  /** Requests that are neither answered nor given up. */
  readonly open: () => number;
  readonly mostOpen: () => number;
  /** When which key came in, on the client's clock. */
  readonly arrivals: readonly { readonly at: number; readonly key: string }[];
  /** Answers what is open, and from now on everything. */
  heal(): void;
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that takes every request and answers none, until it is healed. */
async function silentApi(clock: MovableClock): Promise<Api> {
  const arrivals: { at: number; key: string }[] = [];
  const waiting = new Set<ServerResponse>();
  let healthy = false;
  let most = 0;
  const answer = (response: ServerResponse) =>
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":1}');
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    arrivals.push({ at: clock.monotonic(), key: String(request.headers['idempotency-key']) });
    waiting.add(response);
    most = Math.max(most, waiting.size);
    response.on('close', () => waiting.delete(response));
    request.resume().on('end', () => healthy && answer(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () => waiting.size,
    mostOpen: () => most,
    arrivals,
    heal: () => {
      healthy = true;
      for (const response of waiting) answer(response);
    },
  };
}

async function setUp(options: Partial<ClientOptions> = {}) {
  const clock = movableClock();
  const api = await silentApi(clock);
  const journal = memoryJournal();
  const make = (more: Partial<ClientOptions> = {}): Client => {
    const client = createClient({
      baseUrl: api.url,
      name: 'shop',
      profile: ietf({ keyLifetime: '24h' }),
      journal: kept(journal),
      clock,
      ...options,
      ...more,
    });
    closers.push(() => client.close({ timeout: 0 }));
    return client;
  };
  return { api, clock, make, client: make() };
}

/** Closing one client leaves the medium open for the others. */
function kept(journal: Journal): Journal {
  return Object.assign(Object.create(journal) as Journal, {
    claim: journal.claim.bind(journal),
    update: journal.update.bind(journal),
    get: journal.get.bind(journal),
    list: journal.list.bind(journal),
    remove: journal.remove.bind(journal),
    watch: journal.watch.bind(journal),
    open: journal.open.bind(journal),
    close: async () => undefined,
  });
}

type Call = Partial<Parameters<Client['post']>[1]>;

const pay = (client: Client, id: string, options: Call = {}): Promise<string> =>
  client.post('/charges', { once: id, json: { id }, waitTimeout: Number.POSITIVE_INFINITY, ...options }).then(
    ({ status }) => String(status),
    (error: unknown) => toldError(error),
  );

const many = (client: Client, count: number, prefix = 'cart'): Promise<string>[] =>
  Array.from({ length: count }, (_, at) => pay(client, `${prefix}/${at}`));

const waitingOf = async (client: Client): Promise<Map<string, number>> => {
  const counts = new Map<string, number>();
  for (const { waiting = 'none' } of await client.operations.list({ status: 'pending' }))
    counts.set(waiting, (counts.get(waiting) ?? 0) + 1);
  return counts;
};

describe('a few attempts at once', () => {
  test.each([
    ['four by default', {}, 4],
    ['as many as told', { concurrency: 7 }, 7],
    ['one', { concurrency: 1 }, 1],
  ] as const)('twenty operations: %s', async (_, options, limit) => {
    const { api, client } = await setUp(options);
    const calls = many(client, 20);
    await until(() => api.open() === limit, 'the slots are taken');
    expect(await waitingOf(client)).toEqual(
      new Map([
        ['sending', limit],
        ['queued', 20 - limit],
      ]),
    );
    api.heal();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['201']));
    expect(api.mostOpen()).toBe(limit);
    expect(new Set(api.arrivals.map(({ key }) => key)).size).toBe(20);
    expect(api.arrivals).toHaveLength(20);
  });

  test('views of one client share them, another origin has its own', async () => {
    const { api, client, clock } = await setUp();
    const other = await silentApi(clock);
    const view = client.extend({ owner: 'bob' });
    const calls = [...many(client, 5), ...many(view, 5)];
    await until(() => api.open() === 4, 'the slots are taken');
    const elsewhere = client.post(`${other.url}/charges`, { once: 'other', json: {} });
    await until(() => other.open() === 1, 'the other server is asked');
    api.heal();
    other.heal();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['201']));
    expect((await elsewhere).status).toBe(201);
    expect(api.mostOpen()).toBe(4);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '4'])('%s is refused', (concurrency) => {
    const options = { profile: ietf({ keyLifetime: '24h' }), concurrency: concurrency as number };
    expect(() => createClient(options)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', message: expect.stringMatching(/concurrency/) }),
    );
  });
});

describe('an operation that waits for its turn', () => {
  /** Four that hang, and a fifth behind them. */
  async function queued(call: Call = {}) {
    const world = await setUp({ attemptTimeout: '10m' });
    const before = many(world.client, 4, 'before');
    await until(() => world.api.open() === 4, 'the slots are taken');
    const fifth = pay(world.client, 'cart/5', call);
    await until(async () => (await waitingOf(world.client)).get('queued') === 1, 'the fifth waits');
    return { ...world, before, fifth };
  }

  test('is not marked as sent: after a crash it is known that nothing happened', async () => {
    const { api, client, before, fifth } = await queued();
    expect(await client.operations.get('cart/5')).toMatchObject({ effect: 'none', waiting: 'queued', attempts: 0 });
    expect((await client.operations.get('cart/5'))?.firstSentAt).toBeUndefined();
    api.heal();
    expect(await Promise.all([...before, fifth])).toEqual(['201', '201', '201', '201', '201']);
  });

  test('is cancelled by its signal, and its name is free again', async () => {
    const stop = new AbortController();
    const { api, client, before, fifth } = await queued({ signal: stop.signal });
    stop.abort();
    expect(await fifth).toBe('NotSentError NOT_SENT none');
    api.heal();
    await Promise.all(before);
    expect(api.arrivals).toHaveLength(4);
    expect(await pay(client, 'cart/5')).toBe('201');
  });

  test('notices its deadline', async () => {
    const { api, clock, fifth } = await queued({ deadline: new Date(Date.now() + 60_000) });
    await clock.advance('61s');
    expect(await fifth).toBe('NotSentError NOT_SENT none');
    expect(api.arrivals).toHaveLength(4);
  });

  test('notices that the client closes', async () => {
    const { api, client, before, fifth } = await queued();
    await client.close({ timeout: 0 });
    expect(await fifth).toBe('StillPendingError STILL_PENDING none interrupted');
    expect(new Set(await Promise.all(before))).toEqual(
      new Set(['StillPendingError STILL_PENDING possible interrupted']),
    );
    expect(api.arrivals).toHaveLength(4);
  });

  test('notices, before it is sent, that another client has discarded it', async () => {
    const { api, make, fifth } = await queued();
    await make().operations.discard('cart/5');
    api.heal();
    expect(await fifth).toBe('DiscardedError DISCARDED none');
    expect(api.arrivals).toHaveLength(4);
  });
});

/** Moves time on until `condition` holds; how long that took, in seconds. */
async function pass(clock: MovableClock, condition: () => boolean | Promise<boolean>, what: string): Promise<number> {
  const start = clock.monotonic();
  for (let step = 0; step < 1_500; step++) {
    if (await condition()) return (clock.monotonic() - start) / 1_000;
    await clock.advance('1s');
    // Sockets are real.
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
  throw new Error(`Time passed in vain: ${what}.`);
}

describe('an outage', () => {
  /** Fifty operations whose time-outs have emptied the bucket, and `told`: what has become of them since. */
  async function outage(options: Partial<ClientOptions> = {}, call: Call = {}) {
    const world = await setUp({ concurrency: 50, retry: { limit: 100 }, ...options });
    const told: string[] = [];
    for (let at = 0; at < 50; at++) void pay(world.client, `cart/${at}`, call).then((line) => told.push(line));
    const limited = async () => (await waitingOf(world.client)).get('rate-limited') ?? 0;
    await pass(world.clock, async () => (await limited()) >= 40, 'the bucket is empty');
    // Those whose time-out was still to come when it ran dry.
    await world.clock.advance('60s');
    return { ...world, told, limited };
  }

  test('empties the bucket: one probe every 30 s; healed, everything finishes soon (M7)', async () => {
    const { api, client, clock, told, limited } = await outage();
    const empty = clock.monotonic();
    await pass(clock, () => clock.monotonic() - empty > 300_000, 'five minutes');
    const probes = api.arrivals.filter(({ at }) => at > empty).map(({ at }) => at);
    expect(probes.length).toBeGreaterThanOrEqual(9);
    expect(probes.length).toBeLessThanOrEqual(11);
    // A second for the way from the client's clock to the server's.
    for (const [at, probe] of probes.slice(1).entries()) expect(probe - (probes[at] as number)).toBeGreaterThan(29_000);
    expect(await limited()).toBeGreaterThanOrEqual(48);

    // New work is not held back by it.
    const before = api.arrivals.length;
    const fresh = pay(client, 'fresh');
    await until(() => api.arrivals.length > before, 'a first attempt is sent');
    api.heal();
    const seconds = await pass(clock, () => told.length === 50, 'all finished');
    expect(new Set([...told, await fresh])).toEqual(new Set(['201']));
    // Two probes, and what they set free. If a success gave back no more than 1 token, it would take twenty minutes.
    expect(seconds).toBeLessThan(90);
    expect(new Set(api.arrivals.map(({ key }) => key)).size).toBe(51);
  });

  test.each([
    ['deadline', {}, { deadline: new Date(Date.now() + 400_000) }],
    ['key-expired', { profile: ietf({ keyLifetime: '8m' }) }, {}],
  ] as const)('is not waited for beyond what allows a send: %s', async (reason, options, call) => {
    const { clock, told } = await outage(options, call);
    const start = clock.monotonic();
    await pass(clock, () => told.length === 50, 'all are in doubt');
    expect(new Set(told)).toEqual(new Set([`InDoubtError IN_DOUBT possible ${reason}`]));
    expect(clock.monotonic() - start).toBeLessThan(480_000);
  });

  test('holds nobody who closes', async () => {
    const { client, told } = await outage();
    await client.close({ timeout: 0 });
    await until(() => told.length === 50, 'all callers are told');
    expect(new Set(told)).toEqual(new Set(['StillPendingError STILL_PENDING possible interrupted']));
  });
});
