import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/types.ts';
import type { ConditionalStore } from '../../../src/journal/conditional-store.ts';
import { storeJournal } from '../../../src/journal/store-journal.ts';
import { createMock } from '../../../src/mock/create-mock.ts';
import { listen } from '../../../src/mock/node.ts';
import type { Mock } from '../../../src/mock/types.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import type { Service } from '../../support/service.ts';
import { type Program, startProgram, until } from './fleet-worker.ts';

/** One of the two examples. */
export interface FleetExample {
  readonly directory: 'fleet-redis' | 'fleet-postgres';
  readonly service: () => Service;
  /** A store as the workers have it: of the same names. */
  readonly store: () => ConditionalStore;
  /** Removes every record. */
  clear(): Promise<void>;
}

const PAYMENTS = Array.from({ length: 40 }, (_, index) => ({ id: `p-${index}`, amount: 100 + index }));
const CLAIMER = fileURLToPath(new URL('claimer.mjs', import.meta.url));

/** What a fleet of the example's workers does, on a real server of its own. */
export function runFleetCases(example: FleetExample): void {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'onceward-fleet-'));
    await writeFile(join(directory, 'forwards.json'), JSON.stringify(PAYMENTS));
    await writeFile(join(directory, 'backwards.json'), JSON.stringify(PAYMENTS.toReversed()));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const env = () => ({ REDIS_URL: example.service().url, DATABASE_URL: example.service().url });
  const worker = (server: string, list = 'forwards'): Program => {
    const main = fileURLToPath(new URL(`../../../examples/${example.directory}/worker.mjs`, import.meta.url));
    return start([main, join(directory, `${list}.json`), server]);
  };
  const programs: Program[] = [];
  const start = (args: readonly string[]): Program => {
    const program = startProgram(args, env());
    programs.push(program);
    return program;
  };
  afterEach(() => {
    for (const { child } of programs.splice(0)) child.kill('SIGKILL');
  });

  describe(`examples/${example.directory}`, () => {
    test('two workers share 40 payments, one is killed in the middle, the other ends them all: each was made once', async () => {
      await example.clear();
      const bank = gatedBank({ holdFrom: 12 });
      await using server = await listen(bank.mock);
      const workers = [worker(server.url), worker(server.url, 'backwards')] as const;
      // One worker has 4 requests at once at most: both have some that are not answered.
      await until(() => bank.held() > 4, 'both workers have requests under way');
      workers[0].child.kill('SIGKILL');
      await workers[0].ended;
      bank.release();
      expect(await workers[1].ended).toEqual({ code: 0, signal: null });
      expect(paidBy(workers[1])).toEqual(PAYMENTS.map(({ id }) => id).sort());
      expect(paidBy(workers[0]).length).toBeLessThan(PAYMENTS.length);
      expectOncePerPayment(bank.mock);
    });

    test('the store is killed in the middle and comes back: nothing is sent without a claim in it, and all is paid once', async () => {
      await example.clear();
      const bank = gatedBank({ holdFrom: 12 });
      await using server = await listen(bank.mock);
      const one = worker(server.url);
      await until(() => bank.held() === 4, 'the worker has requests under way');
      await example.service().kill();
      bank.release();
      await until(
        () => one.lines.some((line) => /journal|store/i.test(line)),
        'the worker says that the store is away',
      );
      // What was under way is answered, and nothing new has left.
      expect(bank.mock.ledger().length).toBeLessThanOrEqual(12 + 4);
      const sent = bank.mock.ledger().map(({ key }) => key);
      await example.service().restart();
      const { records } = await eventually(() => storeJournal(example.store()).list(''));
      const claimed = records.map(({ fixed }) => (fixed.kind === 'operation' ? fixed.key : ''));
      expect(sent.filter((key) => !claimed.includes(key))).toEqual([]);
      expect(await one.ended).toEqual({ code: 0, signal: null });
      expect(paidBy(one)).toEqual(PAYMENTS.map(({ id }) => id).sort());
      expectOncePerPayment(bank.mock);
    });

    test('four processes claim the same 100 names at once: one wins each, and all get its key', async () => {
      await example.clear();
      const processes = await Promise.all(
        Array.from({ length: 4 }, async (_, number) => {
          const make = samples();
          const request = { method: 'POST', url: 'https://api.example/charges', headers: [] };
          const records = Array.from({ length: 100 }, (_, index) => {
            const record = make.operation(`cart/${index}`, { request, key: `key-${number}-${index}` });
            return { ...record, write: `write-${number}-${index}` };
          });
          const file = join(directory, `records-${number}.json`);
          await writeFile(file, JSON.stringify(records));
          return start([CLAIMER, example.directory, file]);
        }),
      );
      const answers = await Promise.all(
        processes.map(async ({ ended, lines }) => {
          expect(await ended, lines.join('\n')).toEqual({ code: 0, signal: null });
          return JSON.parse(lines[0] ?? '') as { created: boolean; key: string }[];
        }),
      );
      for (let index = 0; index < 100; index++) {
        const claims = answers.map((answer) => answer[index]);
        expect(claims.filter((claim) => claim?.created)).toHaveLength(1);
        expect(new Set(claims.map((claim) => claim?.key)).size).toBe(1);
      }
      const winners = answers.map((answer) => answer.filter(({ created }) => created).length);
      expect(winners.reduce((sum, count) => sum + count)).toBe(100);
    });

    test('a version is not given twice, not even to a name that was removed', async () => {
      await example.clear();
      const store = example.store();
      const versions = new Set<string>();
      for (let time = 0; time < 3; time++) {
        const first = await store.write('a/b/c', 'one', null);
        const second = await store.write('a/b/c', 'two', String(first));
        versions.add(String(first)).add(String(second));
        expect(await store.remove('a/b/c', String(first))).toBe(false);
        expect(await store.remove('a/b/c', String(second))).toBe(true);
      }
      expect(versions.size).toBe(6);
      expect(versions).not.toContain('false');
    });

    test('a start reads what is open, and not all that ever was', async () => {
      await example.clear();
      const store = example.store();
      for (const [index, open] of [true, false, false, undefined].entries()) {
        await store.write(`shop/alice/${index}`, 'value', null, ...(open === undefined ? [] : [{ open }]));
      }
      expect([...(await store.list('shop/alice/', { open: true }))].sort()).toEqual(['shop/alice/0', 'shop/alice/3']);
      expect([...(await store.list('shop/alice/'))].length).toBe(4);
      const { version } = (await store.read('shop/alice/0')) ?? { version: '' };
      expect(await store.write('shop/alice/0', 'value', version, { open: false })).not.toBe(false);
      expect(await store.list('shop/', { open: true })).toEqual(['shop/alice/3']);
      expect(await store.list('shop/alice/3', { open: true })).toEqual(['shop/alice/3']);
      expect(await store.list('shop/bob/', { open: true })).toEqual([]);
    });
  });
}

/** A bank that answers the first requests at once and holds the others until it is told. */
export function gatedBank({ holdFrom }: { readonly holdFrom: number }) {
  const gate = Promise.withResolvers<void>();
  let held = 0;
  let begun = 0;
  const mock = createMock({
    routes: {
      async 'POST /charges'() {
        const number = ++begun;
        if (number > holdFrom) {
          held++;
          await gate.promise;
        }
        return Response.json({ id: `ch_${number}` }, { status: 201 });
      },
    },
  });
  return { mock, held: () => held, release: () => gate.resolve() };
}

function paidBy({ lines }: Program): string[] {
  return lines.flatMap((line) => /^Paid: ([^,]+)/.exec(line)?.[1] ?? []).sort();
}

function expectOncePerPayment(mock: Mock): void {
  const paid = mock.effects().map(({ body }) => (body as { readonly [name: string]: Json })['id']);
  expect(paid.toSorted()).toEqual(PAYMENTS.map(({ id }) => id).toSorted());
  expect(mock.ledger()).toHaveLength(PAYMENTS.length);
  expect(mock.ledger().filter(({ effects }) => effects !== 1)).toEqual([]);
}

/** A client that lost its connection needs a moment to find the server again. */
async function eventually<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
