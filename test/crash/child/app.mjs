// A payment process as a user would write one, on the built package: it looks at its journal, resumes, makes its calls, and tells its parent
// what it got. It is run again and again on one journal, and dies where it is told to.
import { createClient } from 'onceward';
import { fileJournal } from 'onceward/node';
import { ietf } from 'onceward/profiles';
import { killer, killingFetch, killingJournal, tell } from './kill-points.mjs';

const { journal, server, names, kill, goAt } = JSON.parse(process.argv[2]);
const points = killer(kill);
const client = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }),
  journal: killingJournal(fileJournal(journal), points),
  fetch: killingFetch(points),
  retry: { baseDelay: 10, maxDelay: 200 },
});

const found = await client.operations.list();
const resumed = await client.operations.resume();
tell({
  event: 'boot',
  found: Object.fromEntries(found.map(({ id, status }) => [id, status])),
  resumed: resumed.map(({ id }) => id),
});

// Two processes that have both found nothing claim at the same moment.
if (goAt !== undefined) while (Date.now() < goAt);

const known = new Set(found.map(({ id }) => id));
await Promise.all(
  names.map(async (name) => {
    tell({ event: 'called', name });
    const outcome = known.has(name)
      ? await client.operations.outcome(name, { waitTimeout: '20s' })
      : await client.post(`charges/${name}`, { once: name, json: { name }, waitTimeout: '20s' }).outcome();
    const { status, source, persisted, response, operation } = outcome;
    const body = response && new TextDecoder().decode(response.body);
    const { attempts } = operation;
    tell({ event: 'outcome', name, status, source, persisted, http: response?.status, body, attempts });
  }),
);
await client.close();
tell({ event: 'end' });
