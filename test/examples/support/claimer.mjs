// Claims the records of a file all at once and prints what each claim returned: node claimer.mjs <example> <file>
import { readFile } from 'node:fs/promises';
import { storeJournal } from 'onceward';

const [example, file] = process.argv.slice(2);
const { store, end } = await (example === 'fleet-redis' ? overRedis() : overPostgres());
const records = JSON.parse(await readFile(file, 'utf8'));
const journal = storeJournal(store);
const claims = await Promise.all(records.map((record) => journal.claim(record)));
console.log(JSON.stringify(claims.map(({ created, record }) => ({ created, key: record.fixed.key }))));
await end();

async function overRedis() {
  const { createClient } = await import('redis');
  const { redisStore } = await import('../../../examples/fleet-redis/redis-store.mjs');
  const redis = createClient({ url: process.env.REDIS_URL });
  await redis.connect();
  return { store: redisStore(redis, { durability: 'device' }), end: () => redis.close() };
}

async function overPostgres() {
  const { Pool } = await import('pg');
  const { createTable, postgresStore } = await import('../../../examples/fleet-postgres/postgres-store.mjs');
  const pool = new Pool({ connectionString: process.env.DATABASE_URL });
  await createTable(pool);
  return { store: postgresStore(pool, { durability: 'device' }), end: () => pool.end() };
}
