import { createClient as connect, type RedisClientType } from 'redis';
import { afterAll, beforeAll, describe } from 'vitest';
import { redisStore } from '../../examples/fleet-redis/redis-store.mjs';
import { startRedis } from '../support/redis-server.ts';
import type { Service } from '../support/service.ts';
import { runStoreContract } from '../support/store-contract.ts';

let service: Service;
let redis: RedisClientType;
beforeAll(async () => {
  service = await startRedis();
  redis = connect({ url: service.url });
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
