// A payment process on the built package that is stopped and told to go on from outside. It wants all names, and says what it was told.
import { createClient } from 'onceward';
import { fileJournal } from 'onceward/node';
import { ietf } from 'onceward/profiles';
import { tell } from './kill-points.mjs';

const { journal, server, names, who } = JSON.parse(process.argv[2]);
const client = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }),
  journal: fileJournal(journal),
  retry: { baseDelay: 10, maxDelay: 200 },
  attemptTimeout: '10s',
  waitTimeout: '2m',
  authorizeHeaders: ['x-who'],
  authorize: () => ({ 'x-who': who }),
});

await Promise.all(
  names.map(async (name) => {
    const { status } = await client.post(`charges/${name}`, { once: name, json: { name } }).outcome();
    tell({ event: 'outcome', name, status });
  }),
);
await client.close();
tell({ event: 'end' });
