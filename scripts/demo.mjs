// The main job as a story: a payment whose answer is lost, a kill, a restart, one charge.
// `npm run demo -- --json` ends with one line of JSON. Everything in it is counted: by the server, by the system, by the second process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLedger } from './demo/ledger.mjs';
import { readOptions } from './demo/options.mjs';
import { tell } from './demo/report.mjs';
import { openRequests, startPayment, startServer, untilCommitted } from './demo/run.mjs';
import { plural, Story } from './demo/story.mjs';

/** Longer than it can take on a slow machine, ms. */
const LONGEST = 60_000;

const options = readOptions();
const processes = [];
const temporary = options.journal === undefined ? mkdtempSync(join(tmpdir(), 'onceward-demo-')) : undefined;
const journal = options.journal ?? join(temporary, 'journal');

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}
const late = setTimeout(() => {
  console.error(`The demo did not end within ${LONGEST / 1000} s.`);
  cleanUp();
  process.exit(1);
}, LONGEST);

try {
  const { counted, ok } = await play();
  if (options.json) console.log(JSON.stringify(counted));
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  clearTimeout(late);
  cleanUp();
}

async function play() {
  const { names } = options;
  const story = new Story(6);
  story.say(
    `\nonceward: ${names.length === 1 ? 'one order' : `${names.length} orders`}, paid once each, through a SIGKILL\n`,
  );

  story.doing('server');
  const own = options.server === undefined ? await startServer({ names, processes }) : undefined;
  const server = own?.url ?? options.server;
  const world = { journal, server, names, processes };
  await readLedger(server, names);
  story.done(own ? `onceward mock at ${server}; it loses its first answers` : `${server}, already running`);

  story.doing('payment process');
  const first = startPayment({ ...world, hold: own === undefined });
  story.done(`pid ${first.pid}, journal ${journal}`);

  story.doing('request under way');
  const committed = await untilCommitted(first, world);
  const { effects } = await readLedger(server, names);
  story.done(
    committed
      ? `the server's ledger has ${plural(effects, 'charge')}; the process waits for an answer`
      : 'another process has brought the answer: it is in the journal',
  );

  story.doing('SIGKILL');
  if (committed) await first.kill();
  else await first.ended;
  const killedAt = Date.now();
  const open = openRequests(first);
  const kills = [first].filter(({ signal }) => signal === 'SIGKILL' && open.length > 0).length;
  if (kills === 0 && first.code !== 0 && first.signal !== 'SIGKILL') throw new Error(first.failure('failed'));
  story.done(
    kills > 0
      ? `pid ${first.pid} is dead, ${plural(open.length, 'request')} unanswered`
      : 'nothing to kill: no request was open',
  );

  story.doing('started again');
  const second = startPayment({ ...world, hold: false });
  story.done(`pid ${second.pid}, same command, same journal`);

  story.doing('outcome');
  await second.ended;
  if (second.code !== 0) throw new Error(second.failure('failed'));
  const outcomes = second.of('outcome');
  story.done(outcomes.map(({ order, status, source }) => `${order}: ${status} (${source})`).join(', '));

  // The last client has ended: what the server says now is what happened.
  const ledger = await readLedger(server, names);
  const counted = {
    operations: second.of('listed').flatMap(({ orders }) => orders.filter((order) => names.includes(order))).length,
    attempts: ledger.attempts,
    kills,
    effects: ledger.effects,
    outcomes: outcomes.filter(({ outcome }) => outcome === 'succeeded').length,
    status: oneStatus(outcomes),
  };
  tell(story, { first, second, own, ledger, counted, killedAt });
  const { operations } = counted;
  const ok = operations === names.length && counted.effects === operations && counted.outcomes === operations;
  return { counted, ok: ok && counted.status === 201 };
}

function oneStatus(outcomes) {
  const statuses = [...new Set(outcomes.map(({ status }) => status))];
  return statuses.length === 1 ? statuses[0] : null;
}

function cleanUp() {
  for (const child of processes) if (!child.over) child.kill().catch(() => {});
  if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
}
