import { expect, test } from 'vitest';
import { compactFileJournal, fileJournal } from '../../../src/journal/file/file-journal.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { JournalChild } from './support/child.ts';
import { temporaryDirectory } from './support/directory.ts';

test('hears of what another process writes without asking, and goes on to hear behind a compaction', async () => {
  const directory = await temporaryDirectory();
  const journal = fileJournal(directory);
  await journal.open();
  const heard: (string | undefined)[] = [];
  const stop = journal.watch((identity) => heard.push(identity));
  const child = new JournalChild(directory);
  const make = samples();
  for (const id of ['first', 'second', 'third']) {
    const record = make.operation(id);
    await child.ask({ do: 'claim', record: plain(record) });
    await expect.poll(() => heard).toContain(record.identity);
    await compactFileJournal(journal);
  }
  stop();
  const record = make.operation('unheard');
  await child.ask({ do: 'claim', record: plain(record) });
  expect((await journal.get(record.identity))?.write).toBe(record.write);
  expect(heard).not.toContain(record.identity);
  await journal.close();
});

test('a journal that only watches holds no process', async () => {
  const directory = await temporaryDirectory();
  const child = new JournalChild(directory);
  await child.ask({ do: 'watch' });
  child.process.stdin?.end();
  await child.exited;
  expect(child.process.exitCode).toBe(0);
});

/** JSON has no bytes. */
function plain(record: ReturnType<ReturnType<typeof samples>['operation']>): object {
  const { body: _, ...request } = record.fixed.request;
  return { ...record, fixed: { ...record.fixed, request } };
}
