// One of several workers that pay the same list, each payment once. Start as many as you like, on as many machines; kill any of them.
//
//   node worker.mjs <payments.json> [server]
import { readFile } from 'node:fs/promises';
import { createClient, storeJournal } from 'onceward';
import { ietf } from 'onceward/profiles';
import { Pool } from 'pg';
import { createTable, durabilityOf, postgresStore } from './postgres-store.mjs';

const [file, server = 'http://127.0.0.1:4010'] = process.argv.slice(2);
if (!file) {
  console.error('Usage: node worker.mjs <payments.json> [server]');
  process.exit(2);
}

const pool = new Pool({
  connectionString: process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  // While PostgreSQL is away a call fails instead of waiting: nothing was sent, and the payment can be tried again.
  connectionTimeoutMillis: 5000,
  query_timeout: 5000,
});
pool.on('error', () => {}); // an idle connection broke: the next call opens another, and says so where it cannot
await createTable(pool);
const durability = await durabilityOf(pool);
if (durability === 'process')
  console.error('This server may forget what it has confirmed: see fsync and synchronous_commit.');

const payments = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }), // how long the server remembers a key: its documentation says
  journal: storeJournal(postgresStore(pool, { durability })),
  name: 'fleet', // every worker of the fleet says the same
});

// What another worker left behind, and what this one began before it was killed.
await payments.operations.resume();

// The same name at every worker: whoever claims it first pays, the others wait for its answer and get it too.
async function pay({ id, amount }) {
  for (;;) {
    const outcome = await payments
      .post('charges', { once: ['payment', id], json: { id, amount } })
      .outcome()
      .catch(notStored);
    if (outcome?.status === 'succeeded') return console.log(`Paid: ${id}, ${outcome.response.data.id}`);
    if (outcome !== undefined && outcome.status !== 'pending')
      return console.error(`Not paid: ${id}, ${outcome.status}`);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/** Nothing was sent, or the payment is in the journal: asking again is right in both cases. */
function notStored(error) {
  if (error.code !== 'ERR_ONCEWARD_JOURNAL') throw error;
  console.error(error.message);
}

const list = JSON.parse(await readFile(file, 'utf8'));
const eight = Array.from({ length: 8 }, async () => {
  for (let payment = list.shift(); payment; payment = list.shift()) await pay(payment);
});
await Promise.all(eight);
await payments.close();
await pool.end();
