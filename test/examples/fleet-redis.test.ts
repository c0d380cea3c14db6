import { createClient as connect, type RedisClientType } from 'redis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { durabilityOf, redisStore } from '../../examples/fleet-redis/redis-store.mjs';
import { startRedis } from '../support/redis-server.ts';
import type { Service } from '../support/service.ts';
import { runStoreContract } from '../support/store-contract.ts';
import { runFleetCases } from './support/fleet-cases.ts';

let service: Service;
let redis: RedisClientType;
beforeAll(async () => {
  service = await startRedis();
  redis = connect({ url: service.url });
  redis.on('error', () => undefined);
  await redis.connect();
});
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
