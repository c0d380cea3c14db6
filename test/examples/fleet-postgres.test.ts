import { Pool } from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { createTable, postgresStore } from '../../examples/fleet-postgres/postgres-store.mjs';
import { startPostgres } from '../support/postgres-server.ts';
import type { Service } from '../support/service.ts';
import { runStoreContract } from '../support/store-contract.ts';

let service: Service;
let pool: Pool;
beforeAll(async () => {
  service = await startPostgres();
  pool = new Pool({ connectionString: service.url });
  await createTable(pool);
});
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
