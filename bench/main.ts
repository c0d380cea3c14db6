import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inBrowser } from './browser.ts';
import { clientOverhead, heapPerOperation, overLoopback } from './clients.ts';
import { bytesPerOperation, durableClaims } from './durable.ts';
import { type Goal, goalsOf, isMet } from './goals.ts';
import { heapPerTombstone, latencyWithMuchStored, reopening } from './growth.ts';
import { describeMachine } from './machine.ts';
import { mockGoals } from './mock.ts';
import { againstRivals } from './mock-rivals.ts';
import { page } from './page.ts';
import { benchPlace, type Place } from './place.ts';
import { plot } from './plot.ts';
import { recordBytes } from './records.ts';
import type { Results } from './results.ts';
import { plainText, tablesOf } from './tables.ts';

// `npm run bench`: what is promised of speed and size, measured against what others do, in one run. With --write it replaces docs/benchmarks.md
// and its plot; with --quick it only shows that everything runs, and its figures mean nothing. `npm run bench -- mock` is
// the mock server alone; `npm run bench -- mock-rivals DIRECTORY` compares it with other mocks, which are installed there.

const { values, positionals } = parseArgs({
  options: { quick: { type: 'boolean' }, write: { type: 'boolean' } },
  allowPositionals: true,
});
const quick = values.quick === true;
if (positionals[0] === 'mock-rivals') await againstRivals(positionals[1] ?? '.', quick);
else if (positionals[0] === 'mock') tell(await step('mock', () => mockGoals(quick)), true);
else await everything();

async function everything(): Promise<void> {
  const place = benchPlace();
  try {
    const results = await measured(place);
    const tables = tablesOf(results);
    console.log(['', ...tables.map(plainText)].join('\n'));
    tell(goalsOf(results), false);
    if (values.write === true) write(results, place);
  } finally {
    place.remove();
  }
}

/** How many goals are met, each with its figure where no table has shown it. */
function tell(goals: readonly Goal[], each: boolean): void {
  for (const goal of each ? goals : []) {
    const { what, figure, goal: bound, better, unit } = goal;
    const wanted = `${better === 'less' ? 'at most' : 'at least'} ${bound}${unit}`;
    console.log(`${what}: ${figure.toFixed(2)}${unit} (${wanted})${isMet(goal) ? '' : ': below its goal'}`);
  }
  const below = goals.filter((goal) => !isMet(goal));
  console.log(
    `${goals.length - below.length} of ${goals.length} goals met${quick ? ' (--quick: figures mean nothing)' : ''}`,
  );
  process.exitCode = below.length > 0 && !quick ? 1 : 0;
}

/** One after the other: two measurements at once would measure each other. */
async function measured(where: Place): Promise<Results> {
  return {
    recordBytes: recordBytes(),
    durable: await step('durable claims', () => durableClaims(where, quick)),
    bytesPerOperation: await step('bytes', () => bytesPerOperation(where, quick)),
    latency: await step('latency with much stored', () => latencyWithMuchStored(where, quick)),
    reopened: await step('reopen', () => reopening(where, quick)),
    browser: await step('browser', () => inBrowser(where.directory(), quick)).catch((error: unknown) => {
      // Its goals count as below; the other figures are not lost with it.
      console.error(error);
      return undefined;
    }),
    clients: await step('clients in process', () => clientOverhead(quick)),
    loopback: await step('clients over loopback', () => overLoopback(quick)),
    heap: {
      tombstone: await step('heap of tombstones', () => heapPerTombstone(where, quick)),
      client: await step('heap of the client', () => heapPerOperation(quick)),
    },
  };
}

async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  console.error(`${what}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return result;
}

function write(results: Results, place: Place): void {
  const docs = join(import.meta.dirname, '..', 'docs');
  mkdirSync(docs, { recursive: true });
  writeFileSync(join(docs, 'benchmarks.svg'), plot(results));
  writeFileSync(join(docs, 'benchmarks.md'), page(results, describeMachine(place.kind, results.browser?.engine)));
}
