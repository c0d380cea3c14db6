// The payment process of the demo: resumes what its journal holds, then charges every order, and tells its parent what it sees. It knows
// nothing of kills. Run twice on one journal, it is the same program both times.
import { writeSync } from 'node:fs';
import { createClient } from 'onceward';
import { fileJournal } from 'onceward/node';
import { ietf } from 'onceward/profiles';

const { journal, server, names, hold } = JSON.parse(process.argv[2]);

const tell = (event) => writeSync(1, `${JSON.stringify({ ...event, at: Date.now() })}\n`);

/** Tells of every request and answer. With `hold`, an answer that has come is kept from the client, as a line that died would keep it:
 *  for servers that lose nothing by themselves. */
async function send(input, init) {
  const order = decodeURIComponent(new URL(input.url).pathname.split('/').at(-1));
  tell({ event: 'sent', order });
  const response = await fetch(input, init);
  if (hold) return new Promise(() => {});
  const replayed = response.headers.get('idempotent-replayed') === 'true';
  tell({ event: 'answered', order, status: response.status, replayed });
  return response;
}

const payments = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }),
  journal: fileJournal(journal),
  fetch: send,
});

for (const { id, status } of await payments.operations.resume()) tell({ event: 'resumed', order: id, status });

await Promise.all(
  names.map(async (order) => {
    const charge = payments.post(`charges/${encodeURIComponent(order)}`, {
      once: order,
      json: { order, amount: 1999 },
    });
    const { status, source, response } = await charge.outcome();
    const body = response && new TextDecoder().decode(response.body);
    tell({ event: 'outcome', order, outcome: status, source, status: response?.status, body });
  }),
);
const listed = await payments.operations.list();
tell({ event: 'listed', orders: listed.map(({ id }) => id) });
await payments.close();
