import { createClient, memoryJournal } from '../../src/index.node.ts';
import { ietf } from '../../src/profiles/index.ts';

/** A program of its own, which does what it is told and must end by itself: between two attempts nothing but a timer keeps it going. */
const [what = '', baseUrl = ''] = process.argv.slice(2);
const client = createClient({
  baseUrl,
  profile: ietf({ keyLifetime: '24h' }),
  journal: memoryJournal(),
  retry: { baseDelay: 400 },
  random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)), fraction: () => 0.9 },
});
const call = client.post('/charges', { once: 'cart/1', json: { amount: 1 }, waitTimeout: '10s' });
if (what === 'await') console.log((await call).status);
if (what === 'idle') {
  await client.idle();
  console.log((await client.operations.get('cart/1'))?.status);
}
if (what === 'close') {
  await client.idle();
  await client.close();
  console.log('closed');
}
if (what === 'forget') console.log('not waited for');
