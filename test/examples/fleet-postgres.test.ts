import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTable, durabilityOf, postgresStore } from '../../examples/fleet-postgres/postgres-store.mjs';
import type { ConditionalStore } from '../../src/journal/conditional-store.ts';
import { startPostgres } from '../support/postgres-server.ts';
import type { Service } from '../support/service.ts';
import { runStoreContract } from '../support/store-contract.ts';
import { runFleetCases } from './support/fleet-cases.ts';

/** initdb writes a few hundred files. */
const START_LIMIT_MS = 60_000;

let service: Service;
let pool: Pool;
beforeAll(async () => {
  service = await startPostgres();
  pool = new Pool({ connectionString: service.url });
  pool.on('error', () => undefined);
  await createTable(pool);
}, START_LIMIT_MS);
afterAll(async () => {
  await pool.end();
  await service[Symbol.asyncDispose]();
});

describe('the journal in PostgreSQL keeps the journal contract', () => {
  runStoreContract(async () => {
    await pool.query('truncate onceward');
    return postgresStore(pool, { durability: 'device' });
  });
});

runFleetCases({
  directory: 'fleet-postgres',
  service: () => service,
  store: () => postgresStore(pool, { durability: 'device' }),
  async clear() {
    await pool.query('truncate onceward');
  },
});

test.each([
  ['on', '', 'device'],
  ['local', 'standby', 'device'],
  ['on', 'standby', 'replicated'],
  ['off', '', 'process'],
])('synchronous_commit %s and synchronous_standby_names %j: %s', async (flush, standbys, durability) => {
  // Asked in one session of its own: with a standby that is not there, others would wait for it.
  const client = await pool.connect();
  const asked = {
    query: async (sql: string) =>
      client.query(sql.replace("current_setting('synchronous_standby_names')", `'${standbys}'`)),
  };
  await client.query(`set synchronous_commit = ${flush}`);
  expect(await durabilityOf(asked as unknown as Pool)).toBe(durability);
  client.release(true);
});

test('a list of a prefix reads a range of the index, the open ones a smaller one', async () => {
  await pool.query('truncate onceward');
  await pool.query(`
    insert into onceward select sha256(k::bytea), k, 'value', n, n % 100 = 0
    from (select n, 'shop/user-' || n % 50 || '/' || n as k from generate_series(1, 5000) n) as made;
    analyze onceward;`);
  const seen: string[] = [];
  const explaining = {
    async query(sql: string, values: string[]) {
      const { rows } = await pool.query(`explain ${sql}`, values);
      seen.push(rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n'));
      return pool.query(sql, values);
    },
  };
  const store = postgresStore(explaining as unknown as Pool, { durability: 'device' }) as ConditionalStore;
  expect(await store.list('shop/user-7/')).toHaveLength(100);
  expect(await store.list('shop/', { open: true })).toHaveLength(50);
  expect(seen[0]).toMatch(/onceward_key/);
  expect(seen[1]).toMatch(/onceward_open/);
});

test('workers that start together make one table', async () => {
  await pool.query('drop table onceward; drop sequence onceward_version;');
  await Promise.all(Array.from({ length: 8 }, () => createTable(pool)));
  const store = postgresStore(pool, { durability: 'device' }) as ConditionalStore;
  expect(await store.list('')).toEqual([]);
});
