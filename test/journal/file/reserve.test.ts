import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { samples, succeeded } from '../../../src/testing/journal-contract/sample-record.ts';
import { temporaryDirectory } from './support/directory.ts';
import { errno, faultyIo } from './support/faulty-io.ts';

/** A disk on which nothing fits but what the reserve gives back: appends fail while the reserve is there, and new files always. */
async function full() {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  const record = make.operation('running');
  await journal.claim(record);
  const { append, create } = io;
  let left = 0;
  io.append = (fd, bytes) => {
    if (io.look(join(directory, 'reserve')) !== undefined || left < bytes.length) throw errno('ENOSPC');
    left -= bytes.length;
    return append(fd, bytes);
  };
  io.create = () => {
    throw errno('ENOSPC');
  };
  io.remove = (path) => {
    if (path.endsWith('reserve') && io.look(path) !== undefined) left = 1024 * 1024;
    return faultyIo().remove(path);
  };
  const free = () => Object.assign(io, { append, create });
  return { directory, io, journal, make, record, free };
}

describe('on a full disk', () => {
  test('what runs can be finished, and nothing new begins', async () => {
    const { directory, journal, make, record, free } = await full();
    expect((await stat(join(directory, 'reserve'))).size).toBe(1024 * 1024);
    await expect(journal.claim(make.operation('new'))).rejects.toMatchObject({ reason: 'quota', effect: 'none' });
    expect((await journal.update(record.identity, make.change(1, succeeded()))).won).toBe(true);
    expect(await readdir(directory)).not.toContain('reserve');
    // It would fit by now, but then what runs might not.
    await expect(journal.claim(make.operation('new'))).rejects.toMatchObject({ reason: 'quota', effect: 'none' });
    const round = { ...record.fixed, round: 2 };
    await expect(journal.update(record.identity, make.change(2, {}, round))).rejects.toMatchObject({ reason: 'quota' });
    expect((await journal.update(record.identity, make.change(2, { ...succeeded(), acknowledgedAt: 1 }))).won).toBe(
      true,
    );

    free();
    expect((await journal.claim(make.operation('new'))).created).toBe(true);
    expect((await stat(join(directory, 'reserve'))).size).toBe(1024 * 1024);
    await journal.close();
    const { records } = await fileJournal(directory).list('');
    expect(records.map(({ identity, revision }) => [identity, revision])).toEqual([
      ['shop/alice/running', 3],
      ['shop/alice/new', 1],
    ]);
  });

  test('a claim and a finish in one batch: the finish is stored, the claim is refused', async () => {
    const { journal, make, record } = await full();
    const [claim, finish] = await Promise.allSettled([
      journal.claim(make.operation('new')),
      journal.update(record.identity, make.change(1, succeeded())),
    ]);
    expect(claim).toMatchObject({ status: 'rejected', reason: { reason: 'quota' } });
    expect(finish).toMatchObject({ status: 'fulfilled', value: { won: true } });
    expect(await journal.get('shop/alice/new')).toBeUndefined();
  });
});

test.each([
  ['none', (path: string) => rm(path)],
  ['half of it', (path: string) => truncate(path, 512 * 1024)],
])('%s is there: the next start makes it whole', async (_, spoil) => {
  const directory = await temporaryDirectory();
  const journal = fileJournal(directory);
  await journal.open();
  await journal.close();
  await spoil(join(directory, 'reserve'));
  await journal.open();
  expect((await stat(join(directory, 'reserve'))).size).toBe(1024 * 1024);
  await journal.close();
});
