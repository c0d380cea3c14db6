import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The kit inside node:test: other hooks, another runner, no fake timers and no expect of its own.

const KIT = new URL('../../src/testing/index.ts', import.meta.url).href;

const PROGRAM = `
import { equal, ok } from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { expect } from ${JSON.stringify(import.meta.resolve('expect'))};
import { createTestClient, matchers, timeline } from ${JSON.stringify(KIT)};

expect.extend(matchers);

const open = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});
const kit = () => {
  const made = createTestClient();
  open.push(made.client);
  return made;
};

test('a lost answer, with node:assert', async () => {
  const { client, mock, clock } = kit();
  mock.fail('lose-response');
  const paid = client.post('/charges', { once: 'cart/8f3', json: { amount: 1999 } });
  await clock.advance('1m');
  equal((await paid).status, 201);
  equal(mock.effects('POST /charges').length, 1, timeline(mock));
  for (const matcher of [matchers.toHaveExecutedOnce, matchers.toHaveReplayed]) {
    const { pass, message } = matcher(mock);
    ok(pass, message());
  }
  mock.assertPlanConsumed();
});

test('the same with expect', async () => {
  const { client, mock, clock } = kit();
  mock.fail('reset-after', { fault: 'status:503', at: 2, retryAfter: '1' });
  const paid = client.post('/charges', { once: 'cart/8f3', json: {} });
  await clock.advance('1m');
  await paid;
  expect(mock).toHaveExecutedOnce('POST /charges');
  expect(mock).toHaveReplayed();
  expect(mock).not.toHaveExecutedTimes(2);
});

test('a process that dies', async () => {
  const { client, mock, restart, clock } = kit();
  mock.fail('lose-response');
  void client.post('/charges', { once: 'cart/8f3', json: {} });
  await clock.advance(1);
  const next = await restart();
  open.push(next);
  await next.operations.resume();
  const outcome = await next.operations.outcome('cart/8f3');
  equal(outcome.status, 'succeeded');
  expect(mock).toHaveExecutedOnce();
});

test('a claim that is wrong', async () => {
  const { client, mock } = kit();
  await client.post('/charges', { once: 'cart/8f3', json: {} });
  expect(mock).toHaveExecutedTimes(2);
});
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onceward-node-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the kit works under node --test: with node:assert, with expect, and a wrong claim fails with the timeline', async () => {
  const file = join(folder, 'shop.test.mjs');
  await writeFile(file, PROGRAM);
  const { NODE_OPTIONS: _, ...env } = process.env;
  const args = ['--no-warnings', '--test', '--test-reporter=tap', file];
  const [code, said] = await new Promise<[code: unknown, said: string]>((resolve) => {
    execFile(process.execPath, args, { env, cwd: folder }, (error, stdout) => resolve([error?.code, stdout]));
  });
  const verdicts = [...said.matchAll(/^(not ok|ok) \d+ - (.*)$/gm)].map(([, verdict, name]) => `${verdict}: ${name}`);
  expect(verdicts, said).toEqual([
    'ok: a lost answer, with node:assert',
    'ok: the same with expect',
    'ok: a process that dies',
    'not ok: a claim that is wrong',
  ]);
  expect(code).toBe(1);
  expect(said).toMatch(/executed 2 times\. It executed once\. What it saw:\s+\+0 ms +#1 +POST \/charges +key/);
}, 30_000);
