// One payment by a worker that looks as if it ran on another machine: node other-machine.mjs <server> <speed>
// Its marks carry a boot id that is not this machine's, and its time runs `speed` times as fast, so that a lease is soon over.
import { createClient, storeJournal } from 'onceward';
import { ietf } from 'onceward/profiles';
import { createClient as connect } from 'redis';
import { redisStore } from '../../../examples/fleet-redis/redis-store.mjs';

const [server, speed] = process.argv.slice(2);
const redis = connect({ url: process.env.REDIS_URL });
await redis.connect();
const store = redisStore(redis, { durability: 'device' });
const elsewhere = (text) => text.replace(/"bootId":"[^"]*"/, `"bootId":"machine of ${process.pid}"`);
const started = performance.now();
const payments = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }),
  name: 'fleet',
  journal: storeJournal({ ...store, write: (key, value, ...rest) => store.write(key, elsewhere(value), ...rest) }),
  clock: {
    now: () => Date.now(),
    monotonic: () => (performance.now() - started) * Number(speed),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1) / Number(speed));
        signal?.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      }),
  },
});
const begun = performance.now();
const outcome = await payments.post('charges', { once: ['payment', 'p-0'], json: { id: 'p-0' } }).outcome();
console.log(
  `Paid: p-0, ${outcome.response.data.id}, ${Math.round(((performance.now() - begun) * Number(speed)) / 1000)} s`,
);
await payments.close();
redis.destroy();
