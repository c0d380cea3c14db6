// Two processes want the same names, and one is stopped in the middle: who sends is read from the server's log.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const NAMES = Array.from({ length: 200 }, (_, at) => `order-${at}`);
const APP = fileURLToPath(new URL('child/stoppable.mjs', import.meta.url));
/** A process is taken over after it was seen stopped for half a minute. */
const within = { timeout: 120_000, interval: 50 };

interface Arrival {
  readonly name: string;
  readonly key: string;
  readonly who: string;
  readonly start: number;
  end: number;
}

/** One key is one charge; a charge takes 20 ms. */
async function openBank() {
  const arrivals: Arrival[] = [];
  const charges = new Map<string, string>();
  const server = createServer((request, response) => {
    const arrival: Arrival = {
      name: request.url?.split('/').at(-1) ?? '',
      key: String(request.headers['idempotency-key']),
      who: String(request.headers['x-who']),
      start: performance.now(),
      end: Number.POSITIVE_INFINITY,
    };
    arrivals.push(arrival);
    response.once('close', () => {
      arrival.end = performance.now();
    });
    charges.set(arrival.key, arrival.name);
    setTimeout(() => response.writeHead(201, { 'content-type': 'application/json' }).end('{}'), 20);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const close = (): Promise<unknown> =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, arrivals, charges, close };
}

function start(plan: object): { readonly child: ChildProcess; readonly outcomes: Map<string, string> } {
  const child = spawn(process.execPath, [APP, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const outcomes = new Map<string, string>();
  if (child.stdout === null) throw new Error('The child has no pipe.');
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as { event: string; name: string; status: string };
    if (line.event === 'outcome') outcomes.set(line.name, line.status);
  });
  return { child, outcomes };
}

test.runIf(process.platform === 'linux')(
  'two processes drive 200 names, one is stopped and goes on: one key and one charge a name, one live sender at a time',
  { timeout: 280_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'onceward-stopped-'));
    const bank = await openBank();
    const plan = { journal: join(directory, 'journal'), server: bank.url };
    const a = start({ ...plan, who: 'a', names: NAMES });
    const b = start({ ...plan, who: 'b', names: [...NAMES].reverse() });
    try {
      const sentBy = (who: string) => bank.arrivals.filter((arrival) => arrival.who === who);
      await expect.poll(() => bank.arrivals.length, within).toBeGreaterThan(20);
      // Whoever drives most of them.
      const [stopped, other] = sentBy('a').length > sentBy('b').length ? (['a', 'b'] as const) : (['b', 'a'] as const);
      const processes = { a, b };
      processes[stopped].child.kill('SIGSTOP');
      const stoppedAt = performance.now();
      await expect.poll(() => processes[other].outcomes.size, within).toBe(NAMES.length);
      const goesOnAt = performance.now();
      processes[stopped].child.kill('SIGCONT');
      await expect.poll(() => processes[stopped].outcomes.size, within).toBe(NAMES.length);

      const byName = NAMES.map((name) => bank.arrivals.filter((arrival) => arrival.name === name));
      expect(byName.map((all) => new Set(all.map(({ key }) => key)).size)).toEqual(NAMES.map(() => 1));
      expect(bank.charges.size).toBe(NAMES.length);
      const overlaps = byName.flatMap((all) =>
        all.flatMap((first, at) => all.slice(at + 1).filter((second) => second.start < first.end)),
      );
      expect(overlaps).toEqual([]);
      // It was taken over, and sent nothing of that again.
      expect(sentBy(other).filter(({ start }) => start > stoppedAt).length).toBeGreaterThan(10);
      expect(sentBy(stopped).filter(({ start }) => start > goesOnAt)).toEqual([]);
      for (const { outcomes } of [a, b]) expect(new Set(outcomes.values())).toEqual(new Set(['succeeded']));
    } finally {
      for (const { child } of [a, b]) child.kill('SIGKILL');
      await bank.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);
