import type { Journal, Unreadable } from '../core/journal.ts';
import { processTable } from '../node/process-table.ts';
import type { Standing } from './driver-standing.ts';
import { adviceFor } from './journal-advice.ts';
import { type Entry, named, narrow, readAll, tellUnreadable, unreadableNamed } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { after, timelineOf } from './journal-timeline.ts';
import { type OperationView, viewOf } from './journal-view.ts';
import { moment, print, safe, tell } from './plain-text.ts';

const DRIVERS: Readonly<Record<Standing, string>> = {
  alive: 'alive',
  gone: 'gone: it has ended, or this machine was started anew since',
  unknown: 'cannot be told from here: another container or machine, or a system without /proc',
  nobody: 'nobody',
};

/** One operation as a timeline. Of several with that id, all. */
export async function showCommand(journal: Journal, given: JournalArguments): Promise<number> {
  const content = await readAll(journal);
  const entries = named(narrow(content.entries, given.narrowed), given.id);
  const unreadable = tellUnreadable(content);
  if (entries.length === 0) {
    tell(notFound(given, content.unreadable));
    return 1;
  }
  const processes = processTable();
  const now = Date.now();
  for (const [at, entry] of entries.entries()) {
    const view = viewOf(entry, processes);
    if (given.json) print(JSON.stringify(asJson(entry, view, given)));
    else {
      if (at > 0) print('');
      for (const line of [...head(entry, view, given), '', ...timeline(entry, now)]) print(line);
      const target = [given.directory, entry.record.fixed.id, ...narrowing(entry, entries)];
      const advice = adviceFor(entry.record, { ...view, target, now, attemptTimeout: given.attemptTimeout });
      if (advice.length > 0) print('');
      for (const line of advice) print(safe(line));
    }
  }
  return unreadable ? 1 : 0;
}

/** @param unreadable those of the journal that cannot be read: it may be one of them */
export function notFound({ id, directory }: JournalArguments, unreadable: readonly Unreadable[] = []): string {
  const [found] = unreadableNamed(unreadable, id);
  if (found !== undefined) {
    return `onceward: ${safe(id)} is in the journal and cannot be read (${found.reason}). It is left as it is, and nothing is sent in its name: 'onceward journal doctor ${directory}' says what to do.`;
  }
  return `onceward: no operation of that id is in the journal: ${safe(id)}. 'onceward journal list ${directory}' shows those that are.`;
}

/** The options that tell an operation from others of the same id. */
export function narrowing(entry: Entry, among: readonly Entry[]): readonly string[] {
  const { owner } = entry.record.fixed;
  const clients = new Set(among.map(({ client }) => client)).size > 1;
  const owners = new Set(among.map(({ record }) => record.fixed.owner)).size > 1;
  return [...(clients ? ['--client', entry.client] : []), ...(owners ? ['--owner', owner] : [])];
}

function asJson({ record }: Entry, view: OperationView, { showKey }: JournalArguments): object {
  return {
    ...view,
    ...(showKey && !record.state.tombstone && { key: record.fixed.key }),
    timeline: timelineOf(record).map(({ at, event, what }) => ({ at: moment(at), event, what })),
  };
}

function head({ record }: Entry, view: OperationView, { showKey }: JournalArguments): readonly string[] {
  const { status, reason, waiting, effect, url, method, keyHint, driver, pid, target, redirectedTo } = view;
  const key = showKey ? record.fixed.key : `${keyHint}... (whole: --show-key)`;
  const because = reason ?? waiting;
  const rows: readonly (readonly [name: string, value: string | undefined])[] = [
    ['status', `${status}${because === undefined ? '' : ` (${because})`}`],
    ['effect', EFFECTS[effect]],
    ['owner', view.owner],
    ['client', view.client],
    ['request', url === undefined ? `${method} (collected)` : `${method} ${url}`],
    ['key', keyHint === undefined ? 'collected' : key],
    ['round', view.round > 1 ? `${view.round}` : undefined],
    ['attempts', `${view.attempts}`],
    ['answer', view.answer === undefined ? undefined : `HTTP ${view.answer}`],
    ['asks at', target && `${target.origin} (${target.kind})`],
    ['sent to', redirectedTo],
    ['progress', view.percent === undefined ? undefined : `${view.percent} %`],
    [
      'driver',
      status === 'pending' && driver !== undefined
        ? `${pid === undefined ? '' : `pid ${pid}, `}${DRIVERS[driver]}`
        : undefined,
    ],
    ['decided', view.decidedHere && 'by a person, with onceward journal'],
    ['name', view.anonymous && 'none (anonymous)'],
  ];
  return [
    safe(view.id),
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(9)} ${safe(value)}`])),
  ];
}

const EFFECTS: Readonly<Record<OperationView['effect'], string>> = {
  none: 'none: it did not happen',
  possible: 'possible: it may have happened',
  done: 'done: it happened',
};

/** The past, now, and what is to come. */
function timeline({ record }: Entry, now: number): readonly string[] {
  const moments = timelineOf(record);
  const past = moments.filter(({ at }) => at <= now);
  const first = moments[0]?.at ?? now;
  const line = (at: number, what: string): string => `  ${moment(at)}  ${safe(what)}`;
  const from = (at: number): string => (at === first ? '' : `  (${after(at - first)})`);
  return [
    ...past.map(({ at, what }) => `${line(at, what)}${from(at)}`),
    ...(record.state.finishedAt === undefined ? [`${line(now, '-- now --')}${from(now)}`] : []),
    ...moments.filter(({ at }) => at > now).map(({ at, what }) => `${line(at, what)}${from(at)}`),
  ];
}
