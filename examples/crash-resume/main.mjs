// Pays for one order, once, however often this program is started and however it ends. Run it, kill it, run the same command again.
//
//   node main.mjs <order> [server]
//
// There is no signal handler and nothing to clean up: whatever is not in the journal has not been sent.
import { createClient, effectOf } from 'onceward';
import { fileJournal } from 'onceward/node';
import { ietf } from 'onceward/profiles';

const [order, server = 'http://127.0.0.1:4010'] = process.argv.slice(2);
if (!order) {
  console.error('Usage: node main.mjs <order> [server]');
  process.exit(2);
}

const payments = createClient({
  baseUrl: server,
  profile: ietf({ keyLifetime: '24h' }), // how long the server remembers a key: its documentation says
  journal: fileJournal(process.env.JOURNAL ?? './payments-journal'), // on a disk that survives a restart
  waitTimeout: '20s',
});

// What an earlier run left behind goes on now, whichever order it was for.
for (const { id, status } of await payments.operations.resume()) console.log(`From an earlier run: ${id}, ${status}`);

try {
  // The name says what must happen once. Sent before: the same key goes out again. Answered before: the answer is in the journal.
  const charge = await payments.post('charges', { once: ['order', order], json: { order, amount: 1999 } }).json();
  console.log(`Paid: ${order}, ${charge.id}`);
} catch (error) {
  console.error(error.message);
  if (effectOf(error) === 'none') console.error(`Nothing was charged for ${order}.`);
  else console.error(`Nobody knows yet whether ${order} was charged. Run the same command again.`);
  process.exitCode = effectOf(error) === 'none' ? 1 : 75; // 75: try again later (sysexits.h)
}

// Stops here, whatever is unfinished: the next run resumes it.
await payments.close();
