// What the examples export, for tests: they are plain JavaScript, to copy.

declare module '*/redis-store.mjs' {
  import type { RedisClientType } from 'redis';
  import type { ConditionalStore, Durability } from '../../../src/index.ts';
  export function redisStore(
    redis: RedisClientType,
    options: { durability: Durability; prefix?: string },
  ): ConditionalStore;
  export function durabilityOf(redis: RedisClientType): Promise<Durability>;
}

declare module '*/postgres-store.mjs' {
  import type { Pool } from 'pg';
  import type { ConditionalStore, Durability } from '../../../src/index.ts';
  export function postgresStore(pool: Pool, options: { durability: Durability }): ConditionalStore;
  export function createTable(pool: Pool): Promise<void>;
  export function durabilityOf(pool: Pool): Promise<Durability>;
}
