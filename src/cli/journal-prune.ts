import { randomBytes } from 'node:crypto';
import type { Journal } from '../core/journal.ts';
import type { OperationRecord } from '../core/record.ts';
import { collected } from '../core/retention.ts';
import { compactFileJournal } from '../journal/file/file-journal.ts';
import { inspectLog } from '../journal/file/inspect.ts';
import { readAll, tellUnreadable } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { DECIDED_HERE } from './journal-view.ts';
import { count, print, size } from './plain-text.ts';

/** Writes that wait together share one flush; more at once would only fill memory. */
const AT_ONCE = 256;

/** Drops what is past its retention, as compaction does by itself, and compacts now. What is unfinished, in doubt, or not yet told to anybody stays. */
export async function pruneCommand(
  journal: Journal,
  { directory, retention, json }: JournalArguments,
): Promise<number> {
  const content = await readAll(journal);
  const now = Date.now();
  const before = (await inspectLog(directory)).size;
  const done = { answers: 0, records: 0 };
  const due = content.entries.flatMap(({ record }) => {
    const left = collected(record, retention, now);
    return left === record || left.state === undefined ? [] : [{ record, left }];
  });
  for (let at = 0; at < due.length; at += AT_ONCE) {
    await Promise.all(
      due.slice(at, at + AT_ONCE).map(async ({ record, left }) => {
        // Whoever changed it meanwhile has a use for it.
        if (!(await replace(journal, record, left))) return;
        if (left.state.tombstone) done.records += 1;
        else done.answers += 1;
      }),
    );
  }
  await compactFileJournal(journal);
  const after = (await inspectLog(directory)).size;
  print(
    json
      ? JSON.stringify({ ...done, bytesBefore: before, bytesAfter: after })
      : `Dropped ${count(done.answers, 'answer')} and ${count(done.records, 'record')}, of which the fact stays. The log had ${size(before)}, and has ${size(after)}.`,
  );
  return tellUnreadable(content) ? 1 : 0;
}

async function replace(journal: Journal, record: OperationRecord, left: OperationRecord): Promise<boolean> {
  const decided = record.write.startsWith(DECIDED_HERE) ? DECIDED_HERE : '';
  const { won } = await journal.update(record.identity, {
    revision: record.revision,
    write: `${decided}${randomBytes(12).toString('hex')}`,
    state: left.state,
    ...(left.fixed !== record.fixed && { round: left.fixed }),
  });
  return won;
}
