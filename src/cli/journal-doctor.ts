import { resolve } from 'node:path';
import process from 'node:process';
import { JournalError } from '../core/errors/journal-error.ts';
import { inspectLog } from '../journal/file/inspect.ts';
import { processTable } from '../node/process-table.ts';
import { standingOfDriver } from './driver-standing.ts';
import { type Check, logChecks, operationChecks } from './journal-checks.ts';
import { readAll, requireLog, withJournal } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { print, safe } from './plain-text.ts';

/** Every check with its result, and what to do. The log is looked at from outside first: that also works where it cannot be opened. */
export async function doctorCommand({ directory, json }: JournalArguments): Promise<number> {
  const path = resolve(directory);
  await requireLog(path);
  const report = await inspectLog(path);
  const ofLog = logChecks(report, process.geteuid?.());
  const opens = report.problem === undefined && report.damaged.length === 0;
  const checks = [...ofLog, ...(opens ? await ofOperations(path) : [])];
  for (const check of checks) {
    if (json) print(JSON.stringify(check));
    else for (const line of readable(check)) print(line);
  }
  return checks.some(({ status }) => status === 'fail') ? 1 : 0;
}

async function ofOperations(directory: string): Promise<readonly Check[]> {
  try {
    const { entries, unreadable } = await withJournal(directory, readAll);
    const processes = processTable();
    const driven = entries.map(({ record }) => ({ record, driver: standingOfDriver(record.state.driver, processes) }));
    return operationChecks(driven, unreadable, Date.now());
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const advice = 'Mend that, and run this again: the operations were not looked at';
    return [{ check: 'records', status: 'fail', found: error.message, advice }];
  }
}

function readable({ check, status, found, advice }: Check): readonly string[] {
  const line = `${status.padEnd(5)} ${check.padEnd(12)} ${safe(found)}`;
  return advice === undefined ? [line] : [line, `${' '.repeat(19)}-> ${safe(advice)}`];
}
