import { OURS } from './client-contenders.ts';
import { CALLERS, type DurableRow } from './durable.ts';
import type { Results } from './results.ts';
import type { StoreName } from './stores/all.ts';

/** One figure that is promised. */
export interface Goal {
  readonly what: string;
  /** NaN: not measured, which meets nothing. */
  readonly figure: number;
  readonly goal: number;
  readonly better: 'less' | 'more';
  readonly unit: string;
}

/** As slices begin and end in the middle of a group, counts come out a little above what each group is. */
const FLUSHES: Readonly<Record<number, number>> = { 1: 1, 16: 0.07, 256: 0.005 };
const AGAINST_BARE: Readonly<Record<number, number>> = { 1: 0.8, 16: 0.75, 256: 0.6 };

/** Anything that grows with the operations holds at least a pointer for each. */
const POINTER = 8;

/** Every goal with its figure, in the order of the table. */
export function goalsOf(results: Results): Goal[] {
  const { durable, reopened, latency, browser, clients, heap } = results;
  const ours = (callers: number) => rowOf(durable, 'file journal', callers);
  const client = clients.find(({ name }) => name === OURS)?.cpuRatio ?? Number.NaN;
  const inPage = browser?.rows.find(({ contender }) => contender === 'journal')?.ratio ?? Number.NaN;
  return [
    ...CALLERS.map((callers) =>
      atMost(`flushes a durable claim, ${callersOf(callers)}`, ours(callers).flushes, FLUSHES[callers]),
    ),
    ...CALLERS.map((callers) =>
      atLeast(
        `claims a second against the bare loop, ${callersOf(callers)}`,
        ours(callers).ratio,
        AGAINST_BARE[callers],
      ),
    ),
    ...(['lmdb', 'sqlite grouped'] as const).map((store) =>
      atLeast(`claims a second against ${store}, 256 callers`, rowOf(durable, store, 256).oursAgainst, 1),
    ),
    atMost('bytes written for a claim and its finish, 256 callers', results.bytesPerOperation, 1_300, ' B'),
    atMost('reopen with 100,000 tombstones and 10,000 pending', reopened.goal.openMs, 200, ' ms'),
    atMost('a tombstone among 200,000 against among 50,000, at a reopen', reopened.linearity, 1.25),
    atMost('reopen with 16 KiB in each finished answer against 64 B', reopened.bodies, 1.25),
    atMost('claim latency with 100,000 stored against empty', latency.ratio, 1.2),
    atLeast('100 strict claims at once in Chromium against a strict put each', inPage, 4),
    atMost('listing 1,000 pending among 10,000 in Chromium against getAll', browser?.list.ratio, 0.2),
    atMost('CPU of a call against p-retry + ky + uuid', client, 1.3),
    // Rounded to whole pointers: noise of the collector is neither.
    atMost('heap a finished operation leaves in the client', wholePointers(heap.client), 0, ' B'),
    atMost('heap a tombstone takes in the file journal', heap.tombstone, 200, ' B'),
  ];
}

export function isMet({ figure, goal, better }: Goal): boolean {
  return better === 'less' ? figure <= goal : figure >= goal;
}

function rowOf(rows: readonly DurableRow[], store: StoreName, callers: number): DurableRow {
  const row = rows.find((each) => each.store === store && each.callers === callers);
  if (row === undefined) throw new Error(`${store} was not measured with ${callers} callers`);
  return row;
}

function callersOf(callers: number): string {
  return callers === 1 ? '1 caller' : `${callers} callers`;
}

function atMost(what: string, figure = Number.NaN, goal = Number.NaN, unit = 'x'): Goal {
  return { what, figure, goal, better: 'less', unit: unit === 'x' && what.startsWith('flushes') ? '' : unit };
}

function atLeast(what: string, figure = Number.NaN, goal = Number.NaN): Goal {
  return { what, figure, goal, better: 'more', unit: 'x' };
}

function wholePointers(bytes: number): number {
  return Math.max(0, Math.floor(bytes / POINTER) * POINTER);
}
