// Two journals on one directory in one process: they claim in turns, four names at a time, and say what became of each.
import process from 'node:process';
import { compactFileJournal, fileJournal } from '../../../../src/journal/file/file-journal.ts';
import { samples } from '../../../../src/testing/journal-contract/sample-record.ts';
import { seen } from '../../../journal/file/support/ledger.ts';
import type { Claimed } from './claimed.ts';

const [, , directory = '', count = '40', length = '0', compaction = 'no'] = process.argv;
const journals = [fileJournal(directory), fileJournal(directory)] as const;
const make = samples();

async function claim(at: number): Promise<Claimed> {
  const record = make.operation(`cart/${at}`, { meta: 'x'.repeat(Number(length)) });
  try {
    const { record: stored } = await (at % 2 === 0 ? journals[0] : journals[1]).claim(record);
    return { seen: seen(stored) };
  } catch (error) {
    const { name, reason, effect } = error as { name: string; reason?: string; effect?: string };
    return { identity: record.identity, refused: `${name} ${reason} ${effect}` };
  }
}

for (let at = 0; at < Number(count); at += 4) {
  const claims = await Promise.all([claim(at), claim(at + 1), claim(at + 2), claim(at + 3)]);
  for (const claimed of claims) process.stdout.write(`${JSON.stringify(claimed)}\n`);
  // Where there is no space for it, it changes nothing.
  if (compaction === 'compacting' && at % 12 === 0) await compactFileJournal(journals[0]).catch(() => {});
}
await Promise.allSettled(journals.map((journal) => journal.close()));
