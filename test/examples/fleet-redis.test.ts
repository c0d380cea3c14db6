import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient as connect, type RedisClientType } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durabilityOf, redisStore } from '../../examples/fleet-redis/redis-store.mjs';
import { listen } from '../../src/mock/node.ts';
import { startRedis } from '../support/redis-server.ts';
import type { Service } from '../support/service.ts';
import { runStoreContract } from '../support/store-contract.ts';
import { gatedBank, runFleetCases } from './support/fleet-cases.ts';
import { startProgram, until } from './support/fleet-worker.ts';

let service: Service;
let redis: RedisClientType;
beforeAll(async () => {
  service = await startRedis();
  redis = connect({ url: service.url });
  redis.on('error', () => undefined);
  await redis.connect();
}, 60_000);
afterAll(async () => {
  redis.destroy();
  await service[Symbol.asyncDispose]();
});

let made = 0;
const emptyStore = () => redisStore(redis, { durability: 'device', prefix: `{case-${++made}}` });

describe('the journal in Redis keeps the journal contract', () => {
  runStoreContract(emptyStore);
});

runFleetCases({
  directory: 'fleet-redis',
  service: () => service,
  store: () => redisStore(redis, { durability: 'device' }),
  async clear() {
    await redis.flushAll();
  },
});

test.each([
  ['yes', 'always', 'device'],
  ['yes', 'everysec', 'process'],
  ['no', 'always', 'process'],
])('appendonly %s and appendfsync %s: %s', async (appendonly, appendfsync, durability) => {
  await redis.configSet({ appendonly, appendfsync });
  expect(await durabilityOf(redis)).toBe(durability);
  await redis.configSet({ appendonly: 'yes', appendfsync: 'always' });
});

test('a worker on another machine dies: the next one goes on with its key when the lease is over', async () => {
  await redis.flushAll();
  const bank = gatedBank({ holdFrom: 0 });
  await using server = await listen(bank.mock);
  const machine = (speed: number) =>
    startProgram([fileURLToPath(new URL('support/other-machine.mjs', import.meta.url)), server.url, String(speed)], {
      REDIS_URL: service.url,
    });
  const first = machine(1);
  await until(() => bank.held() === 1, 'the first machine has sent its request');
  first.child.kill('SIGKILL');
  await first.ended;
  bank.release();
  const second = machine(10);
  expect(await second.ended, second.lines.join('\n')).toEqual({ code: 0, signal: null });
  const waited = Number(/Paid: p-0, ch_1, (\d+) s/.exec(second.lines.join('\n'))?.[1]);
  expect(waited).toBeGreaterThanOrEqual(30);
  expect(bank.mock.ledger().map(({ hits, effects }) => ({ hits, effects }))).toEqual([{ hits: 2, effects: 1 }]);
});

test('a Redis that hangs is given up after 5 s: nothing more is sent, and all ends well when it goes on', async () => {
  await redis.flushAll();
  const bank = gatedBank({ holdFrom: 1 });
  await using server = await listen(bank.mock);
  const directory = await mkdtemp(join(tmpdir(), 'onceward-hang-'));
  const file = join(directory, 'payments.json');
  await writeFile(file, JSON.stringify(Array.from({ length: 12 }, (_, index) => ({ id: `p-${index}`, amount: 1 }))));
  const main = fileURLToPath(new URL('../../examples/fleet-redis/worker.mjs', import.meta.url));
  const worker = startProgram([main, file, server.url], { REDIS_URL: service.url });
  await until(() => bank.held() === 4, 'the worker has requests under way');
  const goOn = service.freeze();
  bank.release();
  try {
    await until(() => worker.lines.some((line) => line.includes('store behind the journal')), 'the worker gives it up');
    expect(bank.mock.ledger().length).toBeLessThan(12);
  } finally {
    goOn();
  }
  expect(await worker.ended).toEqual({ code: 0, signal: null });
  expect(bank.mock.ledger().map(({ effects }) => effects)).toEqual(Array.from({ length: 12 }, () => 1));
  await rm(directory, { recursive: true });
});
