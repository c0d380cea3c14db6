import type { Journal } from '../core/journal.ts';
import { processTable } from '../node/process-table.ts';
import { type Entry, narrow, readAll, tellUnreadable } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { type OperationView, viewOf } from './journal-view.ts';
import { print, safe, span, tell } from './plain-text.ts';

const HEADINGS = ['ID', 'STATUS', 'EFFECT', 'TRIES', 'AGE', 'NEXT'] as const;
const RIGHT: ReadonlySet<string> = new Set(['TRIES', 'AGE']);
const GAP = '  ';
/** Of an id that is cut, so much stays. */
const SHORTEST_ID = 16;

/** One line per operation, the newest last: it stands above the prompt. Several clients or owners: a part each. */
export async function listCommand(journal: Journal, { narrowed, json }: JournalArguments): Promise<number> {
  const content = await readAll(journal);
  const entries = narrow(content.entries, narrowed);
  const processes = processTable();
  if (json) {
    for (const entry of entries) print(JSON.stringify(viewOf(entry, processes)));
  } else if (entries.length > 0) {
    const now = Date.now();
    const rows = entries.map((entry) => rowOf(viewOf(entry, processes), now));
    // Cut only where a person looks: a program gets the whole id. A terminal may not know its width.
    const [top = '', ...lines] = aligned([HEADINGS, ...rows], process.stdout.columns || Number.POSITIVE_INFINITY);
    print(top);
    const titles = entries.map(heading);
    const several = new Set(titles).size > 1;
    for (const [at, line] of lines.entries()) {
      if (several && titles[at] !== titles[at - 1]) print(`${at === 0 ? '' : '\n'}${titles[at]}`);
      print(line);
    }
  }
  const found = tellUnreadable(content);
  if (entries.length === 0) {
    tell(
      content.entries.length === 0 ? 'The journal holds no operation.' : 'No operation of the journal is like that.',
    );
  }
  return found ? 1 : 0;
}

function heading({ client, record }: Entry): string {
  return `${safe(record.fixed.owner)} (client ${safe(client)})`;
}

function rowOf(view: OperationView, now: number): readonly string[] {
  const { id, status, effect, attempts, createdAt } = view;
  return [safe(id), status, effect, `${attempts}`, span(now - Date.parse(createdAt)), nextOf(view, now)];
}

/** What happens next, or why nothing does. */
function nextOf(
  { status, waiting, reason, nextAttemptAt, answer, acknowledgedAt }: OperationView,
  now: number,
): string {
  if (status === 'in-doubt') return safe(reason ?? '');
  if (status !== 'pending') {
    return [
      ...(answer === undefined ? [] : [`${answer}`]),
      ...(acknowledgedAt === undefined ? ['nobody told'] : []),
    ].join(', ');
  }
  const left = nextAttemptAt === undefined ? 0 : Date.parse(nextAttemptAt) - now;
  return `${left > 0 ? `in ${span(left)}, ` : ''}${safe(waiting ?? '')}`;
}

/** Columns of one width, the first cut so that all fit. */
function aligned(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const widths = HEADINGS.map((_, at) => rows.reduce((widest, row) => Math.max(widest, row[at]?.length ?? 0), 0));
  const others = widths.slice(1).reduce((sum, width) => sum + GAP.length + width, 0);
  const first = Math.min(widths[0] ?? 0, Math.max(SHORTEST_ID, columns - others));
  return rows.map((row) =>
    row
      .map((cell, at) => {
        const width = at === 0 ? first : (widths[at] ?? 0);
        const text = cell.length > width ? `${cell.slice(0, width - 3)}...` : cell;
        return RIGHT.has(HEADINGS[at] ?? '') ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
}
