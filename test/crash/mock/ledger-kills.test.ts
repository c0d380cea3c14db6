import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CrashPoint, Execution } from '../../../src/mock/index.ts';

// A SIGKILL takes what the process holds in memory, and leaves what it gave to the system. That lines are flushed before an answer is not proved here.

/** All told: of 200 there are at least 50 at each point, and 50 in careless servers. */
const KILLS = Number(process.env['KILLS'] ?? 30);
const EACH = Math.ceil(KILLS / 4);
const SERVER = join(import.meta.dirname, 'child', 'server.ts');
const POINTS: readonly CrashPoint[] = ['before-effect', 'before-store', 'after-store'];

/** The server in its present life. */
class Server {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  url = '';

  constructor(directory: string, atomic: boolean) {
    this.#child = spawn(process.execPath, ['--no-warnings', SERVER, JSON.stringify({ directory, atomic })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async ready(): Promise<this> {
    this.url = await this.#line();
    return this;
  }

  async fail(plan: readonly object[]): Promise<void> {
    this.#child.stdin.write(`${JSON.stringify(plan)}\n`);
    expect(await this.#line()).toBe('ready');
  }

  /** @returns the signal it died of */
  async died(): Promise<NodeJS.Signals | null> {
    if (this.#child.signalCode === null && this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.signalCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.died();
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error('The server ended.');
    return value;
  }
}

interface Heard {
  readonly status: number;
  readonly run: string | null;
  readonly replayed: boolean;
  readonly body: string;
}

let directory: string;
let server: Server;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-mock-kills-'));
});

afterEach(async () => {
  await server.kill();
  await rm(directory, { recursive: true, force: true });
});

async function send(path: string, key: string): Promise<Heard | undefined> {
  try {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      body: JSON.stringify({ key }),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
    });
    const body = Buffer.from(await answer.arrayBuffer()).toString('hex');
    const { headers, status } = answer;
    return { status, run: headers.get('x-run'), replayed: headers.get('idempotent-replayed') === 'true', body };
  } catch {
    return undefined;
  }
}

/** Three requests at once, one of which the server dies of; and what each got, before and after. */
async function killOnce(point: CrashPoint, round: number, atomic: boolean): Promise<void> {
  await server.fail([{ fault: `crash:${point}`, route: 'POST /victim' }]);
  const asked = (['/bystander', '/victim', '/bystander'] as const).map(
    (path, index) => [path, `${point}-${round}-${index}`] as const,
  );
  const before = await Promise.all(asked.map(([path, key]) => send(path, key)));
  expect(before[1]).toBeUndefined();
  expect(await server.died()).toBe('SIGKILL');
  server = await new Server(directory, atomic).ready();
  for (const [index, [path, key]] of asked.entries()) {
    const first = before[index] ?? (await send(path, key));
    expect(first?.status).toBe(201);
    // What the victim is told after the restart was stored before it, or is new.
    if (path === '/victim') expect(first?.replayed).toBe(point === 'after-store');
    for (let repeat = 0; repeat < 2; repeat += 1) expect(await send(path, key)).toEqual({ ...first, replayed: true });
  }
}

async function effectsByKey(): Promise<Map<string, number>> {
  const effects = (await (await fetch(`${server.url}/__onceward/effects`)).json()) as Execution[];
  const counts = new Map<string, number>();
  for (const { key = '' } of effects) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

const TIME = 60_000 + KILLS * 3_000;

describe('a mock with a ledger in a directory is killed while requests are held', () => {
  test.each(POINTS)(
    '%s: every key has one effect and one answer',
    async (point) => {
      server = await new Server(directory, true).ready();
      for (let round = 0; round < EACH; round += 1) await killOnce(point, round, true);
      const counts = await effectsByKey();
      expect(counts.size).toBe(EACH * 3);
      expect(new Set(counts.values())).toEqual(new Set([1]));
    },
    TIME,
  );

  test(
    'a careless server, killed between effect and store, does it twice',
    async () => {
      server = await new Server(directory, false).ready();
      for (let round = 0; round < EACH; round += 1) await killOnce('before-store', round, false);
      const counts = await effectsByKey();
      const victims = [...counts].filter(([key]) => key.endsWith('-1')).map(([, count]) => count);
      expect(victims).toEqual(Array.from({ length: EACH }, () => 2));
    },
    TIME,
  );
});
