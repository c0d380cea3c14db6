import { createHmac, randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Journal } from '../core/journal.ts';
import type { RecordedResponse, StoredRequest } from '../core/record.ts';
import { inspectLog, type LogReport } from '../journal/file/inspect.ts';
import { type ProcessTable, processTable } from '../node/process-table.ts';
import { type Content, type Entry, named, narrow, readAll, tellUnreadable } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { notFound } from './journal-show.ts';
import { originOf, viewOf } from './journal-view.ts';
import { print, tell } from './plain-text.ts';
import { packageVersion } from './version.ts';

/** Says the same thing of the same name within one export, and nothing in the next: owners are often small numbers, which a plain hash gives away. */
type Pseudonym = (kind: string, name: string) => string;

/** What a stranger may read: how the operations stand and what became of each attempt, and nothing of what was sent, to whose account or by whom. */
export async function exportCommand(journal: Journal, given: JournalArguments): Promise<number> {
  const content = await readAll(journal);
  const wanted = narrow(content.entries, given.narrowed);
  const entries = given.id === '' ? wanted : named(wanted, given.id);
  const unreadable = tellUnreadable(content);
  if (given.id !== '' && entries.length === 0) {
    tell(notFound(given, content.unreadable));
    return 1;
  }
  const salt = randomBytes(32);
  const pseudonym: Pseudonym = (kind, name) =>
    createHmac('sha256', salt).update(`${kind}\0${name}`).digest('hex').slice(0, 12);
  const processes = processTable();
  const operations = entries.map((entry) => operation(entry, { pseudonym, processes, ids: given.ids }));
  const report = await inspectLog(given.directory);
  print(
    JSON.stringify(
      { ...machine(), log: log(report), records: counts(content), operations },
      undefined,
      given.json ? 0 : 2,
    ),
  );
  return unreadable ? 1 : 0;
}

function machine(): object {
  const { platform, arch, version } = process;
  const exportedAt = new Date().toISOString();
  return {
    format: 'onceward-journal-export',
    formatVersion: 1,
    onceward: packageVersion(),
    node: version,
    platform,
    arch,
    exportedAt,
  };
}

/** No names of files and directories: they tell of users. */
function log({ directory: _, owner: __, leftovers, quarantined, problem, ...numbers }: LogReport): object {
  return {
    ...numbers,
    mode: (numbers.mode & 0o777).toString(8),
    leftovers: leftovers.length,
    quarantined: quarantined.length,
    ...(problem && { problem: problem.reason }),
  };
}

function counts({ entries, keys, unreadable }: Content): object {
  const of = (reason: string): number => unreadable.filter((one) => one.reason === reason).length;
  return { operations: entries.length, keys, corrupt: of('corrupt'), newerVersion: of('newer-version') };
}

function operation(
  entry: Entry,
  {
    pseudonym,
    processes,
    ids,
  }: { readonly pseudonym: Pseudonym; readonly processes: ProcessTable; readonly ids: boolean },
): object {
  const { fixed, state, revision } = entry.record;
  const { client, owner, id, url: _, keyHint: __, pid: ___, ...view } = viewOf(entry, processes);
  const { polls, redirects, reasked, unreadable, streak } = state;
  return {
    operation: pseudonym('operation', entry.record.identity),
    ...(ids && { id }),
    client: pseudonym('client', client),
    owner: pseudonym('owner', owner),
    ...(fixed.scope !== undefined && { scope: pseudonym('scope', fixed.scope) }),
    revision,
    ...view,
    ...(fixed.accepted && { accepted: fixed.accepted }),
    request: request(fixed.request),
    ...(state.response && { response: response(state.response) }),
    ...(streak && { equalAnswers: streak.count }),
    ...(unreadable !== undefined && { unreadableAnswers: unreadable }),
    ...(polls !== undefined && { polls }),
    ...(redirects !== undefined && { redirects }),
    ...(reasked && { reasked }),
  };
}

function request({ url, headers, body }: StoredRequest): object {
  const origin = originOf(url);
  return {
    ...(origin !== '' && { origin }),
    headers: headers.map(([name]) => name),
    ...(body && { bodyBytes: body.length }),
  };
}

function response({ headers, body }: RecordedResponse): object {
  return { headers: Object.keys(headers), ...(body && { bodyBytes: body.length }) };
}
