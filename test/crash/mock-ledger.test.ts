import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/mock/types.ts';
import { CLI, ENV } from '../cli/run.ts';

/** At a point of its own choosing, or by us, while requests are held in handlers. */
const DEATHS = ['crash:before-effect', 'crash:before-store', 'crash:after-store', 'random'] as const;
type Death = (typeof DEATHS)[number];

/** Each kill is two starts of a process, so these are a tenth of the kills asked for: 200 of 2000, 50 at each point. */
const KILLS = Math.max(12, Math.ceil(Number(process.env['KILLS'] ?? 30) / 10));

/** Requests under way when the server dies. */
const CROWD = 4;

const ROUTES = `
import { randomUUID } from 'node:crypto';
export default {
  'POST /charges': async ({ json }) => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    return Response.json({ id: randomUUID(), ...json }, { status: 201 });
  },
};
`;

let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onceward-mock-kills-'));
  await writeFile(join(folder, 'routes.mjs'), ROUTES);
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** A mock on the ledger of this test, as a process of its own. */
async function start(...options: readonly string[]): Promise<string> {
  const argv = [CLI, 'mock', join(folder, 'routes.mjs'), '--port', '0', '--ledger', join(folder, 'ledger'), ...options];
  child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], env: ENV });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = (await once(lines, 'line')) as [string];
  return (JSON.parse(line) as { url: string }).url;
}

async function killed(): Promise<void> {
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child?.signalCode).toBe('SIGKILL');
}

/** The answer as bytes and status, or undefined where there was none. */
async function ask(url: string, key: string): Promise<string | undefined> {
  try {
    const init = { method: 'POST', body: JSON.stringify({ key }), headers: { 'idempotency-key': key } };
    const response = await fetch(`${url}/charges`, init);
    return `${response.status} ${await response.text()}`;
  } catch {
    return undefined;
  }
}

/** Kills the server once under a crowd, starts it again, and repeats every request until it is answered, and once more. */
async function kill(nth: number, death: Death, options: readonly string[]): Promise<void> {
  const keys = Array.from({ length: CROWD }, (_, at) => `kill-${nth}-${at}`);
  const url = await start(...options, ...(death === 'random' ? [] : ['--fault', death]));
  const asked = keys.map((key) => ask(url, key));
  if (death === 'random') {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
    child?.kill('SIGKILL');
  }
  const before = await Promise.all(asked);
  await killed();
  const again = await start(...options);
  for (const [at, key] of keys.entries()) {
    const answer = await ask(again, key);
    expect(answer).toMatch(/^201 /);
    // Whoever was told before the kill is told the same, byte for byte.
    expect(before[at] ?? answer).toBe(answer);
    expect(await ask(again, key)).toBe(answer);
  }
  child?.kill('SIGKILL');
  await killed();
}

/** How often each key was charged, as the server knows after all of it. */
async function effects(options: readonly string[]): Promise<number[]> {
  const url = await start(...options);
  const ledger = (await (await fetch(`${url}/__onceward/ledger`)).json()) as readonly LedgerEntry[];
  const executions = (await (await fetch(`${url}/__onceward/effects`)).json()) as readonly { key: string }[];
  return ledger.map(({ key }) => executions.filter((one) => one.key === key).length);
}

test(
  `onceward mock --ledger, killed ${KILLS} times: every retry is answered, and every key has one effect`,
  async () => {
    for (let nth = 0; nth < KILLS; nth++) await kill(nth, DEATHS[nth % DEATHS.length] ?? 'random', []);
    const counts = await effects([]);
    expect(counts).toHaveLength(KILLS * CROWD);
    expect(new Set(counts)).toEqual(new Set([1]));
  },
  60_000 + KILLS * 5_000,
);

test('with --no-atomic the same kill doubles', async () => {
  await kill(0, 'crash:before-store', ['--no-atomic']);
  const counts = await effects(['--no-atomic']);
  expect(counts).toHaveLength(CROWD);
  expect(Math.max(...counts)).toBe(2);
});
