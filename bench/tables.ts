import type { ClientRow } from './clients.ts';
import { CALLERS, type DurableRow } from './durable.ts';
import { goalsOf, isMet } from './goals.ts';
import type { ReopenRow } from './growth.ts';
import { figure } from './numbers.ts';
import type { Results } from './results.ts';

/** One table of the report: the same for the terminal and for the page. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  /** The first cell is text, the others are figures. */
  readonly rows: readonly (readonly string[])[];
  /** How to read it. */
  readonly note: string;
}

export function tablesOf(results: Results): Table[] {
  return [
    goalTable(results),
    ...CALLERS.map((callers) => durableTable(results, callers)),
    reopenTable(results),
    browserTable(results),
    clientTable('Whole client, in process', results.clients, CLIENT_NOTE),
    clientTable('Whole client, over loopback, 16 callers', results.loopback, LOOPBACK_NOTE),
  ];
}

const CLIENT_NOTE =
  'A fetch that answers at once stands for the network: what is left is what each client does by itself. One caller; CPU of the process, all its threads.';
const LOOPBACK_NOTE =
  'A server in another process answers at once. got has sockets of its own and is in this table only; axios uses its fetch adapter.';

function goalTable(results: Results): Table {
  return {
    title: 'Goals',
    head: ['what', 'figure', 'goal', ''],
    rows: goalsOf(results).map((goal) => [
      goal.what,
      figure(goal.figure, goal.unit),
      `${goal.better === 'less' ? 'at most' : 'at least'} ${figure(goal.goal, goal.unit)}`,
      isMet(goal) ? 'met' : 'below goal',
    ]),
    note: 'Ratios are medians of pairs measured one right after the other in this run; counts are exact. The run ends with status 1 if any is below.',
  };
}

function durableTable({ durable, recordBytes }: Results, callers: number): Table {
  const rows = durable.filter((row) => row.callers === callers).toSorted((a, b) => b.ratio - a.ratio);
  return {
    title: `Durable claims, ${callers === 1 ? '1 caller' : `${callers} callers`} in a loop`,
    head: ['store', 'claims/s', 'against the bare loop', 'CPU µs', 'flushes', 'bytes written', 'bytes dirtied'],
    rows: rows.map(durableCells),
    note: `A new record of ${recordBytes} B (as JSON) each, resolved when the device has it. Flushes and bytes written are counted at the calls, where the store lets one count them; bytes dirtied are the kernel's count for the process, in whole pages.`,
  };
}

function durableCells(row: DurableRow): string[] {
  return [
    row.label,
    figure(row.perSecond),
    figure(row.ratio, 'x'),
    figure(row.cpu),
    figure(row.flushes),
    figure(row.bytes),
    figure(row.dirtied),
  ];
}

function reopenTable({ reopened, latency }: Results): Table {
  return {
    title: 'Opening a file journal that is there',
    head: ['tombstones', 'pending', 'finished', 'body of each', 'open', 'and what is open listed'],
    rows: reopened.rows.map(reopenCells),
    note: `In a fresh process each time, medians. A single claim takes ${figure(latency.emptyMs, ' ms')} in an empty journal and ${figure(latency.fullMs, ' ms')} with 100,000 stored, measured in turn.`,
  };
}

function reopenCells(row: ReopenRow): string[] {
  return [
    figure(row.tombstones),
    figure(row.pending),
    figure(row.finished),
    figure(row.bodyBytes, ' B'),
    figure(row.openMs, ' ms'),
    figure(row.listMs, ' ms'),
  ];
}

function browserTable({ browser }: Results): Table {
  const list = browser?.list;
  return {
    title: `In the browser${browser ? `: ${browser.engine}` : ''}`,
    head: ['what', 'time', 'ratio'],
    rows: [
      ...(browser?.rows ?? []).map((row) => [
        `100 at once: ${row.label}`,
        figure(row.ms, ' ms'),
        figure(row.ratio, 'x as fast'),
      ]),
      ['list what is pending: onceward', figure(list?.journalMs, ' ms'), figure(list?.ratio, 'x of getAll')],
      ['list what is pending: getAll and filter', figure(list?.getAllMs, ' ms'), figure(list && 1, 'x of getAll')],
    ],
    note: '1,000 pending among 10,000. idb-keyval is as fast as it is because its writes are relaxed: the browser resolves them before they are on the disk.',
  };
}

function clientTable(title: string, clients: readonly ClientRow[], note: string): Table {
  return {
    title,
    head: ['client', 'CPU µs a call', 'CPU ratio', 'wall µs a call', 'wall ratio'],
    rows: clients
      .toSorted((a, b) => a.cpuRatio - b.cpuRatio)
      .map((row) => [
        row.name,
        figure(row.cpuUs),
        figure(row.cpuRatio, 'x'),
        figure(row.wallUs),
        figure(row.wallRatio, 'x'),
      ]),
    note: `${note} Ratios to p-retry + ky + uuid.`,
  };
}

/** For the terminal. */
export function plainText({ title, head, rows, note }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [title, ...all.map((row) => `  ${line(row)}`), `  ${note}`, ''].join('\n');
}

/** For the page. */
export function markdown({ title, head, rows, note }: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = row(head.map((_, at) => (at === 0 ? '---' : '--:')));
  return [`## ${title}`, '', note, '', row(head), rule, ...rows.map(row), ''].join('\n');
}
