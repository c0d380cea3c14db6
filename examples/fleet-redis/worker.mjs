// One of several workers that pay the same list, each payment once. Start as many as you like, on as many machines; kill any of them.
//
//   node worker.mjs <payments.json> [server]
import { readFile } from 'node:fs/promises';
import { createClient, storeJournal } from 'onceward';
import { ietf } from 'onceward/profiles';
import { createClient as connect } from 'redis';
import { durabilityOf, redisStore } from './redis-store.mjs';

const [file, server = 'http://127.0.0.1:4010'] = process.argv.slice(2);
if (!file) {
  console.error('Usage: node worker.mjs <payments.json> [server]');
  process.exit(2);
}

const redis = connect({
  url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  // While Redis is away a call fails at once, instead of waiting in a queue: nothing was sent, and the payment can be tried again.
  disableOfflineQueue: true,
  // A Redis that says nothing, not even to a ping, is away too: the connection is closed, and what waits for an answer fails.
  // Without a strategy of its own it would not connect again after that.
  pingInterval: 1000,
  socket: { socketTimeout: 5000, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2000) },
});
redis.on('error', () => {}); // it connects again by itself; each call says what went wrong
await redis.connect();
const durability = await durabilityOf(redis);
if (durability === 'process')
  console.error('This Redis may forget what it has confirmed: see appendonly and appendfsync.');

const payments = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }), // how long the server remembers a key: its documentation says
  journal: storeJournal(redisStore(redis, { durability })),
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
redis.destroy();
