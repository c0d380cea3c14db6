// A record of the snapshot that cannot be used: it alone is refused, by every call, and it stays what it is through compactions.
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JournalRecord } from '../../../src/core/record.ts';
import { encodeClaim } from '../../../src/journal/file/entry.ts';
import { compactFileJournal, fileJournal } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { samples, succeeded } from '../../../src/testing/journal-contract/sample-record.ts';
import { journalContract } from '../../../src/testing/journal-contract.ts';
import { temporaryDirectory } from './support/directory.ts';

const DAMAGE = journalContract(async () => fileJournal('/unused'), { damage: async () => {} })
  .map(({ name }) => name)
  .filter((name) => name.startsWith('damage: '));

test.each(DAMAGE)('in a snapshot: %s', async (wanted) => {
  const directory = await temporaryDirectory();
  const cases = journalContract(async () => fileJournal(directory), {
    async damage(_journal, identity, kind) {
      if (kind === 'newer-version') await claimNewer(directory, identity);
      await compacted(directory);
      if (kind === 'garbage') await spoil(directory, identity);
      await compacted(directory);
    },
  });
  const one = cases.find(({ name }) => name === wanted);
  expect(one).toBeDefined();
  await expect(one?.run()).resolves.toBeUndefined();
});

test('damage that comes while the journal is open, and after the state was replaced: it alone is refused, and stays so', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const journal = fileJournal(directory);
  const spoilt = make.operation('cart/1');
  await journal.claim(spoilt);
  const finished = make.operation('cart/2');
  await journal.claim(finished);
  await compactFileJournal(journal);
  // Its parts are in two places from now on: what it was claimed with in the snapshot, its state behind it.
  const { record } = await journal.update(finished.identity, make.change(1, succeeded()));
  await journal.close();
  await journal.open();
  await spoil(directory, spoilt.identity);
  await spoil(directory, finished.identity);
  for (const time of ['before', 'after a compaction', 'after another', 'opened again']) {
    for (const { identity } of [spoilt, finished]) {
      await expect(journal.get(identity), time).rejects.toMatchObject({ reason: 'corrupt', effect: 'none' });
      const change = make.change(record?.revision ?? 0);
      await expect(journal.update(identity, change), time).rejects.toMatchObject({ reason: 'corrupt' });
    }
    const other = make.operation(`beside/${time}`);
    expect((await journal.claim(other)).created).toBe(true);
    expect(await journal.get(other.identity)).toEqual(other);
    if (time === 'after another') await journal.close();
    else await compactFileJournal(journal);
  }
  const { records, unreadable } = await journal.list('');
  expect(records).toHaveLength(4);
  expect(unreadable.map(({ identity, reason }) => [identity, reason])).toEqual([
    [spoilt.identity, 'corrupt'],
    [finished.identity, 'corrupt'],
  ]);
  await journal.close();
});

async function compacted(directory: string): Promise<void> {
  const journal = fileJournal(directory);
  await compactFileJournal(journal);
  await journal.close();
}

/** A byte of what it was claimed with changes. */
async function spoil(directory: string, identity: string): Promise<void> {
  const log = await latest(directory);
  const bytes = await readFile(log);
  const id = JSON.stringify(decodeURIComponent(identity.split('/')[2] ?? ''));
  const at = bytes.indexOf(`"id":${id}`);
  expect(at).toBeGreaterThan(0);
  bytes.write('%', at + 7);
  await writeFile(log, bytes);
}

/** The record is removed, and claimed by a program of a newer version. */
async function claimNewer(directory: string, identity: string): Promise<void> {
  const journal = fileJournal(directory);
  const record = (await journal.get(identity)) as JournalRecord;
  await journal.remove(identity, record.revision);
  await journal.close();
  const claim = encodeClaim(record).replace(/^c1/, 'c2');
  await appendFile(await latest(directory), encodeLine(`{"w":"newer","s":1,"d":0}\t${claim}`));
}

async function latest(directory: string): Promise<string> {
  const logs = (await readdir(directory)).filter((name) => name.endsWith('.log')).sort();
  return join(directory, logs.at(-1) ?? '');
}
