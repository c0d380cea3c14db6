import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { run, type Served, serve } from './run.ts';

let served: Served | undefined;

afterEach(async () => {
  await served?.stop('SIGKILL').catch(() => {});
  served = undefined;
});

function post(url: string, key: string): Promise<Response> {
  return fetch(url, { method: 'POST', body: '{"amount":1}', headers: { 'idempotency-key': key } });
}

test('serves, says where, and writes one line for each request', async () => {
  served = await serve('--pretty');
  expect(served.firstLine).toMatch(/^onceward mock listening on http:\/\/127\.0\.0\.1:\d+$/);
  const { url } = served;
  expect((await post(`${url}/charges`, 'key-1')).status).toBe(201);
  expect(await served.line()).toMatch(/POST \/charges {2}201 {2}executed {2}key=key-1 {2}tenant=default {2}hits=1$/);
  expect((await post(`${url}/charges`, 'key-1')).headers.get('idempotent-replayed')).toBe('true');
  expect(await served.line()).toMatch(/replayed {2}key=key-1 .* hits=2$/);
  expect(await (await fetch(`${url}/__onceward/ledger`)).json()).toMatchObject([{ key: 'key-1', hits: 2, effects: 1 }]);
});

test('not on a terminal every line is an object', async () => {
  served = await serve('--fault', 'status:503', '--fault', 'lose-response');
  expect(JSON.parse(served.firstLine)).toEqual({ event: 'listening', url: served.url });
  expect((await post(`${served.url}/a`, 'k')).status).toBe(503);
  expect(JSON.parse(await served.line())).toMatchObject({
    key: 'k',
    hits: 1,
    fault: 'status:503',
    status: 503,
    tenant: 'default',
  });
  const controller = new AbortController();
  const lost = fetch(`${served.url}/a`, {
    method: 'POST',
    headers: { 'idempotency-key': 'k' },
    signal: controller.signal,
  });
  const caught = lost.catch((error: unknown) => error);
  expect(JSON.parse(await served.line())).toMatchObject({
    key: 'k',
    hits: 2,
    fault: 'lose-response',
    outcome: 'executed',
  });
  controller.abort();
  expect(await caught).toMatchObject({ name: 'AbortError' });
  expect(await (await fetch(`${served.url}/__onceward/effects`)).json()).toHaveLength(1);
});

test('--profile, --key-lifetime, --in-progress and --cors reach the mock', async () => {
  served = await serve(
    '--profile',
    'stripe-v1',
    '--key-lifetime',
    '100ms',
    '--in-progress',
    'wait',
    '--cors',
    '*',
    '--host',
    'localhost',
  );
  expect((await post(`${served.url}/v1/x`, 'k')).headers.get('access-control-allow-origin')).toBe('*');
  const ledger = (await (await fetch(`${served.url}/__onceward/ledger`)).json()) as {
    expiresAt: number;
    firstSeenAt: number;
  }[];
  // Counted from the lock, which is taken a moment after the request came in.
  const lifetime = (ledger[0]?.expiresAt ?? 0) - (ledger[0]?.firstSeenAt ?? 0);
  expect(lifetime).toBeGreaterThanOrEqual(100);
  expect(lifetime).toBeLessThan(10_000);
  expect((await fetch(`${served.url}/v1/x`, { method: 'POST' })).status).toBe(201);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 0, silent connections included', async (signal) => {
  const server = await serve('--fault', 'stall');
  const silent = post(server.url, 'k').catch((error: unknown) => error);
  expect(await server.line()).toContain('"fault":"stall"');
  expect(await server.stop(signal)).toBe(0);
  expect(await silent).toBeInstanceOf(TypeError);
});

test('a port in use is exit 2, with the reason', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address() as AddressInfo;
  const { code, stdout, stderr } = await run('mock', '--port', String(port));
  blocker.close();
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('EADDRINUSE');
});

describe('help and version', () => {
  test.each<[argv: string[], stdout: RegExp]>([
    [['--help'], /^Usage: onceward <command>/],
    [['-h'], /^Usage: onceward <command>/],
    [['mock', '--help'], /^Usage: onceward mock \[routes\] \[options\]/],
    [['mock', '-h', '--fault', 'lose-response'], /^Usage: onceward mock/],
    [['--version'], new RegExp(`^${manifest.version}\n$`)],
    [['-v'], new RegExp(`^${manifest.version}\n$`)],
    [['mock', '-v'], new RegExp(`^${manifest.version}\n$`)],
  ])('%j', async (argv, expected) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(stdout).toMatch(expected);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('no line of the help is wider than 80', async () => {
    const { stdout } = await run('mock', '--help');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('a usage error is exit 2, on stderr, before anything listens', () => {
  test.each<[argv: string[], says: string]>([
    [[], 'A command is missing'],
    [['moc'], "There is no command or option 'moc'"],
    [['toString'], "There is no command or option 'toString'"],
    [['mock', '--reset'], "Unknown option '--reset'"],
    [['mock', 'routes.ts'], 'The routes of routes.ts cannot be loaded'],
    [['mock', 'test/cli/run.ts'], "The default export of test/cli/run.ts must be routes: { 'POST /charges'"],
    [['mock', 'a.ts', 'b.ts'], 'takes one module of routes; got a.ts and b.ts'],
    [['mock', '--json', '--pretty'], 'exclude each other'],
    [['mock', '--plan', 'nowhere.json'], '--plan cannot read nowhere.json'],
    [['mock', '--plan', 'tsconfig.json'], '--plan is a file with a JSON array of faults'],
    [['mock', '--profile', 'nowhere.json'], '--profile cannot read nowhere.json'],
    [['mock', '--profile', 'package.json'], 'defineProfile: These facts cannot be as they are'],
    [['mock', '--chaos', '7'], '--chaos is a seed and a rate'],
    [['mock', '--chaos', '7:2'], 'chaos.rate is a number from 0 to 1'],
    [['mock', '--wait-limit', '3'], '--wait-limit is a time with its unit'],
    [['mock', '--lease', 'x'], '--lease is a time with its unit'],
    [['mock', '--port'], "Option '-p, --port <value>' argument missing"],
    [['mock', '--port', '70000'], '--port is a number from 0 to 65535'],
    [['mock', '--port', ''], '--port is a number from 0 to 65535'],
    [['mock', '--profile', 'nope'], '--profile is one of ietf, '],
    [['mock', '--key-lifetime', '24'], '--key-lifetime is a time with its unit'],
    [['mock', '--key-lifetime', '999d'], 'keyLifetime must be'],
    [['mock', '--in-progress', 'queue'], 'inProgress must be one of'],
    [['mock', '--fault', 'explode'], 'There is no fault "explode"'],
  ])('%j', async (argv, says) => {
    const { code, stdout, stderr } = await run(...argv);
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/Try 'onceward (mock )?--help'\.\n$/);
    expect([code, stdout]).toEqual([2, '']);
  });
});
