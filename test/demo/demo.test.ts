import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/create-mock.ts';
import { listen } from '../../src/mock/node.ts';
import type { Execution, LedgerEntry } from '../../src/mock/types.ts';
import { carelessServer } from './support/careless-server.ts';
import { runDemo } from './support/demo.ts';
import { startMock } from './support/mock-process.ts';

const TIME = 60_000;

let directory: string;
const demo = (...args: readonly string[]) => runDemo(args, { TMPDIR: directory });
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-demo-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('the demo', () => {
  test('kills a payment, starts it again, and finds one charge; nothing stays behind', { timeout: TIME }, async () => {
    const { code, counted, text } = await demo();
    expect(code).toBe(0);
    expect(counted).toEqual({ operations: 1, attempts: 2, kills: 1, effects: 1, outcomes: 1, status: 201 });
    expect(text).toMatch(/KILLED \(SIGKILL\)/);
    expect(text).toMatch(/answered 201, a replay/);
    expect(await readdir(directory)).toEqual([]);
  });

  test('keeps the journal where it is told to; run again there, it charges nothing more', {
    timeout: TIME,
  }, async () => {
    await using mock = await listen(createMock());
    const where = ['--server', mock.url, '--journal', join(directory, 'journal')];
    const first = await demo(...where);
    const again = await demo(...where);
    expect([first.code, again.code]).toEqual([0, 0]);
    expect(first.counted).toMatchObject({ kills: 1, effects: 1, outcomes: 1 });
    expect(again.counted).toEqual({ ...first.counted, kills: 0 });
  });
});

// Whatever number is asked of the demo, another world must give another one.
describe('its numbers are counted', () => {
  test('operations, effects and outcomes follow the orders', { timeout: TIME }, async () => {
    const { code, counted } = await demo('--names', 'a,b,c');
    expect(code).toBe(0);
    expect(counted).toEqual({ operations: 3, attempts: 6, kills: 1, effects: 3, outcomes: 3, status: 201 });
  });

  test("attempts follow the server's ledger", { timeout: TIME }, async () => {
    const mock = createMock();
    // The first process's request is executed and its answer kept from it; of the second one's the first is refused, the next ones come through.
    mock.fail({ fault: 'status:503', at: 2 }, { fault: 'reset-before', at: 3 });
    await using server = await listen(mock);
    const { code, counted } = await demo('--server', server.url);
    expect(code).toBe(0);
    expect(mock.ledger().map(({ hits, effects }) => ({ hits, effects }))).toEqual([{ hits: 4, effects: 1 }]);
    expect(counted).toEqual({ operations: 1, attempts: 4, kills: 1, effects: 1, outcomes: 1, status: 201 });
  });

  test('status is what the second process was given', { timeout: TIME }, async () => {
    await using server = await listen(
      createMock({ routes: { 'POST /charges/:order': () => Response.json({}, { status: 200 }) } }),
    );
    const { code, counted } = await demo('--server', server.url);
    expect(code).toBe(1);
    expect(counted).toMatchObject({ effects: 1, outcomes: 1, status: 200 });
  });

  test('effects are those of a server that charges twice, and then the demo fails', { timeout: TIME }, async () => {
    const server = await carelessServer();
    try {
      const { code, counted } = await demo('--server', server.url);
      expect(code).toBe(1);
      expect(server.charges()).toBe(2);
      expect(counted).toEqual({ operations: 1, attempts: 2, kills: 1, effects: 2, outcomes: 1, status: 201 });
    } finally {
      await server.close();
    }
  });
});

describe('two demos at once with one server, one journal and the same names', () => {
  test.each([
    ['one order', ['order-1']],
    ['three orders', ['order-1', 'order-2', 'order-3']],
  ])('%s: both end well, and each order is charged once', { timeout: TIME }, async (_, names) => {
    const mock = await startMock();
    try {
      const args = ['--server', mock.url, '--journal', join(directory, 'journal'), '--names', names.join(',')];
      const demos = await Promise.all([demo(...args), demo(...args)]);
      const read = async (what: string) => (await fetch(`${mock.url}/__onceward/${what}`)).json();
      const ledger = (await read('ledger')) as LedgerEntry[];
      const effects = (await read('effects')) as Execution[];
      expect(demos.map(({ code }) => code)).toEqual([0, 0]);
      expect(ledger.map((entry) => entry.effects)).toEqual(names.map(() => 1));
      expect(effects.map(({ body }) => (body as { order: string }).order).sort()).toEqual(names);
      const wanted = { operations: names.length, effects: names.length, outcomes: names.length, status: 201 };
      for (const { counted } of demos) expect(counted).toMatchObject(wanted);
      expect(bodies(demos[0].text)).toEqual(bodies(demos[1].text));
      expect(bodies(demos[0].text)).toHaveLength(names.length);
      // Whoever was killed was killed with a request open: of two at least one had one.
      expect(demos.reduce((sum, { counted }) => sum + counted.kills, 0)).toBeGreaterThan(0);
    } finally {
      await mock.stop();
    }
  });
});

/** The answers as the processes were given them. */
function bodies(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/has its outcome: (.*)$/gm)].map(([, outcome = '']) => outcome))].sort();
}
