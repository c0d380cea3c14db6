import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './run.ts';

let folder: string;
let server: Server;
let url: string;
/** Of the requests that carried a key: what was said. */
const stored = new Map<string, { readonly reference: string; readonly answer: string }>();
const effects = new Map<string, number>();
const credentials = new Set<string | undefined>();

const file = (name: string) => join(folder, name);

/** `/charges` is right, `/careless` runs everything. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  credentials.add(request.headers.authorization);
  const [, counted] = /^\/test\/effects\/(.+)$/.exec(request.url ?? '') ?? [];
  if (counted !== undefined) {
    response.end(JSON.stringify({ count: effects.get(counted) ?? 0 }));
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { reference } = JSON.parse(Buffer.concat(chunks).toString()) as { reference: string };
  const key = String(request.headers['idempotency-key']);
  const known = request.url === '/charges' ? stored.get(key) : undefined;
  if (known !== undefined && known.reference !== reference) {
    response.writeHead(422).end();
    return;
  }
  if (known === undefined) effects.set(reference, (effects.get(reference) ?? 0) + 1);
  const answer = known?.answer ?? JSON.stringify({ id: crypto.randomUUID() });
  stored.set(key, { reference, answer });
  response.writeHead(201, { 'content-type': 'application/json' }).end(answer);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onceward-verify-'));
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const template = (path: string) => JSON.stringify({ path, json: { reference: '{{n}}', nested: [{ amount: 1 }] } });
  await writeFile(file('charge.json'), template('/charges'));
  await writeFile(file('careless.json'), template('/careless'));
  await writeFile(file('same.json'), '{"path":"/charges"}');
  await writeFile(file('charge.mjs'), "export default (n) => ({ path: '/charges', json: { reference: n } });");
  await writeFile(file('no-function.mjs'), 'export default 1;');
  await writeFile(file('hooks.mjs'), "export const restart = async () => { throw new Error('it does not start'); };");
});
afterAll(async () => {
  server.close().closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

test('a server that passes: a table, two files, exit 0', async () => {
  const { code, stdout, stderr } = await run(
    ...['verify', url, '--request', file('charge.json'), '--effects', `${url}/test/effects/{{n}}`],
    ...['--only', 'c02,c08', '--header', 'Authorization: Bearer canary'],
    ...['--junit', file('report.xml'), '--html', file('report.html')],
  );
  expect(stderr).toBe('');
  expect(stdout).toMatch(/C02 {2}pass[^]*C08 {2}pass[^]*2 pass; 8 requests\n/);
  expect(code).toBe(0);
  expect([...credentials]).toEqual(['Bearer canary']);
  const [xml, html] = await Promise.all([readFile(file('report.xml'), 'utf8'), readFile(file('report.html'), 'utf8')]);
  expect(xml).toContain('<testsuites name="onceward verify" tests="2" failures="0"');
  expect(html).toContain('<!doctype html>');
  expect(`${stdout}${xml}${html}`).not.toContain('canary');
});

test('one that fails: exit 1, as JSON; the request from a module, no probe', async () => {
  const { code, stdout } = await run(
    'verify',
    url,
    '--request',
    file('careless.json'),
    '--only',
    'C02',
    '--json',
    '--seed',
    '5',
  );
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'onceward-verify/1',
    ok: false,
    seed: 5,
    probe: false,
    cases: [{ id: 'C02', verdict: 'fail', weak: true }],
  });
});

test('what decides nothing is exit 2; TAP; a request and hooks from modules', async () => {
  const { code, stdout } = await run(
    ...['verify', url, '--request', file('charge.mjs'), '--hooks', file('hooks.mjs'), '--only', 'C22', '--tap'],
  );
  expect(code).toBe(2);
  expect(stdout).toMatch(/^TAP version 14\n1\.\.1\n[^]*not ok 1 - C22 [^]*it does not start/);
});

test('a report that cannot be written is exit 2, and is still printed', async () => {
  const { code, stdout, stderr } = await run(
    ...['verify', url, '--request', file('charge.json'), '--only', 'C01', '--html', folder],
  );
  expect(stdout).toContain('C01  pass');
  expect(stderr).toContain('cannot be written');
  expect(code).toBe(2);
});

test('--help is no wider than 80, and names the exit statuses', async () => {
  const { code, stdout } = await run('verify', '--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Usage: onceward verify <url> --request <file>/);
  expect(stdout).toContain('Exit status: 0 nothing found');
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a usage error is exit 2, before anything is sent', async () => {
  const { code, stdout, stderr } = await run('verify', 'http://192.0.2.1', '--request', file('charge.json'));
  expect(stderr).toMatch(/is not on this machine[^]*--i-own-this-server[^]*Try 'onceward verify --help'\.\n$/);
  expect([code, stdout]).toEqual([2, '']);
});
