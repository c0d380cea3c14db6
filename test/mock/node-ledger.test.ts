import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.ts';
import { fileLedger } from '../../src/mock/node.ts';
import { gocardless, stripeV1 } from '../../src/profiles/index.ts';
import { BASE, post, whole } from './support/transports.ts';

let directory: string;
let log: string;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'onceward-ledger-')), 'made', 'by', 'it');
  log = join(directory, 'ledger.log');
});

afterEach(async () => {
  await rm(join(directory, '..', '..', '..'), { recursive: true, force: true });
});

/** A server that has just been started on the directory. */
const start = (options: MockOptions = {}): Mock => createMock({ ...options, ledger: fileLedger(directory) });

const keyed = (key: string): RequestInit => post({ amount: 1 }, { 'idempotency-key': key });

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte);

const ROUTES: MockOptions['routes'] = {
  'POST /v1/binary': () => new Response(EVERY_BYTE, { status: 201, headers: { etag: '"x"' } }),
  'POST /v1/stream': () =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const part of [EVERY_BYTE, EVERY_BYTE.toReversed()]) controller.enqueue(part);
          controller.close();
        },
      }),
    ),
  'POST /v1/cookies': () =>
    new Response('\u00fc', {
      headers: [
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2; Path=/'],
      ],
    }),
  'POST /v1/nothing': () => new Response(null, { status: 204 }),
  'POST /v1/other': () => new Response(null, { status: 303, headers: { location: '/elsewhere' } }),
  'POST /v1/declined': () => Response.json({ error: { code: 'card_declined' } }, { status: 402 }),
  'POST /v1/broken': () => Response.json({}, { status: 500 }),
};

describe('a server that is started again', () => {
  test.each(Object.keys(ROUTES))('replays %s byte for byte', async (route) => {
    const url = `${BASE}${route.slice('POST '.length)}`;
    const before = start({ profile: stripeV1, routes: ROUTES });
    const first = await whole(await before.fetch(url, keyed('k')));
    const after = start({ profile: stripeV1, routes: ROUTES });
    const again = await whole(await after.fetch(url, keyed('k')));
    expect(again.headers).toContainEqual(['idempotent-replayed', 'true']);
    expect({ ...again, headers: again.headers.filter(([name]) => name !== 'idempotent-replayed') }).toEqual(first);
    expect(after.effects()).toEqual(before.effects());
    expect(after.ledger()).toMatchObject([{ ...before.ledger()[0], hits: 2 }]);
  });

  test('knows tenants, mismatches, effects without a key, and the order of all effects', async () => {
    const before = start({ profile: stripeV1 });
    const send = (mock: Mock, amount: number, tenant: string): Promise<Response> =>
      mock.fetch(`${BASE}/v1/x`, post({ amount }, { 'idempotency-key': 'k', authorization: tenant }));
    await send(before, 1, 'one');
    await send(before, 2, 'two');
    await before.fetch(`${BASE}/v1/x`, post({ __proto__: null, amount: 3 }, {}));
    const after = start({ profile: stripeV1 });
    expect(after.effects()).toEqual(before.effects());
    expect((await send(after, 2, 'one')).status).toBe(400);
    expect((await send(after, 2, 'two')).headers.get('idempotent-replayed')).toBe('true');
    expect(after.ledger().map(({ hits }) => hits)).toEqual([2, 2]);
  });

  test('never gives an id twice, and keeps a key as long as it said', async () => {
    const before = start({ keyLifetime: '1h' });
    const ids = [await (await before.fetch(`${BASE}/x`, keyed('1'))).json()];
    const after = start({ keyLifetime: '1h' });
    ids.push(await (await after.fetch(`${BASE}/x`, keyed('2'))).json());
    expect(ids).toEqual([{ id: 'mock_1' }, { id: 'mock_2' }]);
    await after.clock.advance('1h');
    expect(after.ledger().map(({ state }) => state)).toEqual(['expired', 'expired']);
  });

  test('a key that is kept for ever is', async () => {
    const { increase } = await import('../../src/profiles/index.ts');
    await start({ profile: increase }).fetch(`${BASE}/transfers`, keyed('k'));
    expect(start({ profile: increase }).ledger()).toMatchObject([{ expiresAt: Number.POSITIVE_INFINITY }]);
  });

  test('shows what was made under a key, where the profile looks it up', async () => {
    const routes = { 'POST /payments': () => Response.json({ payments: { id: 'PM1' } }, { status: 201 }) };
    await start({ profile: gocardless, routes }).fetch(`${BASE}/payments`, keyed('k'));
    const after = start({ profile: gocardless, routes });
    expect((await after.fetch(`${BASE}/payments`, keyed('k'))).status).toBe(409);
    expect(await (await after.fetch(`${BASE}/payments/PM1`)).json()).toEqual({ payments: { id: 'PM1' } });
  });

  test('an outcome that is not kept leaves the key free, and its effect counted', async () => {
    const routes = { 'POST /x': () => new Response(null, { status: 503 }) };
    await start({ routes }).fetch(`${BASE}/x`, keyed('k'));
    expect(start({ routes }).ledger()).toMatchObject([{ state: 'free', effects: 1 }]);
  });

  test('a lock with a lease is still there, until the lease is over', async () => {
    const before = start({ lease: '10m', routes: { 'POST /x': () => new Promise<Response>(() => {}) } });
    void before.fetch(`${BASE}/x`, keyed('k'));
    await expect.poll(() => before.events().at(-1)?.kind).toBe('effect');
    const after = start({ lease: '10m' });
    expect(after.ledger()).toMatchObject([{ state: 'processing', effects: 0, hits: 1 }]);
    expect((await after.fetch(`${BASE}/x`, keyed('k'))).status).toBe(409);
    await after.clock.advance('10m');
    expect((await after.fetch(`${BASE}/x`, keyed('k'))).status).toBe(201);
    expect(start().ledger()).toMatchObject([{ state: 'stored', effects: 1 }]);
  });

  test.each([
    [true, 0],
    [false, 1],
  ])('atomic: %s, dead between effect and store: %i effects', async (atomic, effects) => {
    const before = start({ atomic });
    before.fail('crash:before-store');
    await expect(before.fetch(`${BASE}/x`, keyed('k'))).rejects.toThrow(TypeError);
    expect(before.effects()).toHaveLength(effects);
    expect(start({ atomic }).effects()).toHaveLength(effects);
  });

  test('knows nothing after a reset, also when requests come right behind it', async () => {
    const mock = start();
    await mock.fetch(`${BASE}/x`, keyed('before'));
    const cut = mock.fetch(`${BASE}/x`, keyed('while')).catch((error: unknown) => error);
    mock.reset();
    await mock.fetch(`${BASE}/x`, keyed('after'));
    await cut;
    expect(start().ledger()).toMatchObject([{ key: 'after', effects: 1 }]);
  });
});

test('what is answered is on the disk, however many come at once; file and directory are the user’s own', async () => {
  const mock = start();
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
  await Promise.all(keys.map((key) => mock.fetch(`${BASE}/x`, keyed(key))));
  expect((await readFile(log, 'latin1')).split('\n').filter((line) => line.includes('"ended"'))).toHaveLength(100);
  expect(
    new Set(
      start()
        .ledger()
        .map(({ key }) => key),
    ),
  ).toEqual(new Set(keys));
  const modes = await Promise.all([directory, log].map(async (path) => ((await stat(path)).mode & 0o777).toString(8)));
  expect(modes).toEqual(['700', '600']);
});

describe('a file that ends in the middle', () => {
  test('of its last line: that change has not happened, wherever it breaks off', async () => {
    const before = start();
    await before.fetch(`${BASE}/x`, keyed('whole'));
    const { length } = await readFile(log);
    await before.fetch(`${BASE}/x`, keyed('torn'));
    const bytes = await readFile(log);
    for (const end of [length, length + 1, length + 9, Math.floor((length + bytes.length) / 2), bytes.length - 1]) {
      await writeFile(log, bytes.subarray(0, end));
      expect(start().ledger()).toMatchObject([{ key: 'whole' }]);
      expect((await readFile(log)).length).toBe(length);
      const after = start();
      await after.fetch(`${BASE}/x`, keyed('next'));
      expect(start().ledger()).toMatchObject([{ key: 'whole' }, { key: 'next' }]);
    }
  });

  test('of its first line: it is empty', async () => {
    await start().fetch(`${BASE}/x`, keyed('k'));
    const bytes = await readFile(log);
    await writeFile(log, bytes.subarray(0, 5));
    expect(start().ledger()).toEqual([]);
    expect((await start().fetch(`${BASE}/x`, keyed('k'))).status).toBe(201);
  });
});

describe('is refused, and left as it is:', () => {
  test.each<[what: string, spoil: (text: string) => string, says: RegExp]>([
    ['a file damaged before its end', (text) => text.replace('"ended"', '"xnded"'), /damaged in line 2/],
    ['another file', () => `${checksummed('{"hello":1}')}`, /not the ledger of a mock/],
    ['a file of a newer version', () => checksummed('{"ledger":"onceward mock","version":2}'), /newer onceward/],
  ])('%s', async (_what, spoil, says) => {
    const mock = start();
    for (const key of ['1', '2']) await mock.fetch(`${BASE}/x`, keyed(key));
    const spoilt = spoil(await readFile(log, 'utf8'));
    await writeFile(log, spoilt);
    expect(() => fileLedger(directory)).toThrow(says);
    expect(await readFile(log, 'utf8')).toBe(spoilt);
    expect(await readdir(directory)).toEqual(['ledger.log']);
  });

  test('a directory that a living process has; of a dead one it is taken', async () => {
    const source = `
      import { fileLedger } from ${JSON.stringify(new URL('../../src/mock/node.ts', import.meta.url).href)};
      fileLedger(${JSON.stringify(directory)});
      console.log('open');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(() => fileLedger(directory)).toThrow(new RegExp(`in use by process ${child.pid}\\.`));
    } finally {
      child.kill('SIGKILL');
    }
    await new Promise((resolve) => ((child.exitCode ?? child.signalCode) ? resolve(0) : child.once('exit', resolve)));
    expect(start().ledger()).toEqual([]);
  });

  test('a pid that is another program’s by now does not count', async () => {
    const ledger = fileLedger(directory);
    await ledger.close();
    await writeFile(join(directory, 'owner.3'), JSON.stringify({ pid: process.ppid, started: '1', nonce: 'n' }));
    expect(start().ledger()).toEqual([]);
  });
});

test('a ledger that is out of use: nothing is claimed to have happened', async () => {
  const mock = start({ log: ({ error }) => errors.push(error) });
  const errors: unknown[] = [];
  start();
  const answer = await mock.fetch(`${BASE}/x`, keyed('k'));
  expect(answer.status).toBe(500);
  expect(errors).toEqual([expect.stringContaining('opened again')]);
  expect(mock.effects()).toEqual([]);
  expect(mock.ledger()).toMatchObject([{ state: 'free', effects: 0 }]);
});

test('close gives the directory up, and nothing is written any more', async () => {
  const ledger = fileLedger(directory);
  const mock = createMock({ ledger });
  await mock.fetch(`${BASE}/x`, keyed('k'));
  await ledger.close();
  expect(await readdir(directory)).toEqual(['ledger.log']);
  expect((await mock.fetch(`${BASE}/x`, keyed('later'))).status).toBe(500);
  await appendFile(log, 'torn');
  expect(start().ledger()).toMatchObject([{ key: 'k' }]);
});

function checksummed(json: string): string {
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}
