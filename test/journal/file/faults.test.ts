import { appendFile, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JournalError } from '../../../src/core/errors/journal-error.ts';
import { fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { logOf, temporaryDirectory } from './support/directory.ts';
import { errno, type FaultyIo, faultyIo } from './support/faulty-io.ts';

async function faulty() {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  await journal.open();
  return { directory, io, journal, make: samples() };
}

/** For a promise that fails while the test looks elsewhere. */
function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

describe('an append that is refused', () => {
  const rows: readonly [string, (io: FaultyIo) => void, string][] = [
    ['no space', (io) => (io.nextAppend = errno('ENOSPC')), 'quota'],
    ['quota of the user', (io) => (io.nextAppend = errno('EDQUOT')), 'quota'],
    ['file too large', (io) => (io.nextAppend = errno('EFBIG')), 'quota'],
    ['bad disk', (io) => (io.nextAppend = errno('EIO')), 'unavailable'],
    ['nothing taken', (io) => (io.nextAppend = 0), 'quota'],
    ['one byte taken', (io) => (io.nextAppend = 1), 'quota'],
    ['half taken', (io) => (io.nextAppend = 300), 'quota'],
    ['all but two bytes taken', (io) => (io.nextAppend = -2), 'quota'],
    ['all but the last newline taken', (io) => (io.nextAppend = -1), 'quota'],
  ];

  test.each(rows)('%s: these writes fail, nothing else', async (_, inject, reason) => {
    const { directory, io, journal, make } = await faulty();
    const kept = make.operation('kept');
    await journal.claim(kept);
    const refused = [make.operation('a'), make.operation('b')];
    inject(io);
    const claims = await Promise.allSettled([
      ...refused.map((record) => journal.claim(record)),
      journal.claim(make.operation('kept')),
    ]);
    for (const claim of claims.slice(0, 2)) {
      expect(claim).toMatchObject({ status: 'rejected', reason: { name: 'JournalError', reason, effect: 'none' } });
    }
    // Nothing had to be written for this one.
    expect(claims[2]).toMatchObject({ status: 'fulfilled', value: { created: false, record: kept } });
    expect(await journal.get(refused[0]?.identity ?? '')).toBeUndefined();

    const next = make.operation('next');
    expect((await journal.claim(next)).created).toBe(true);
    expect((await journal.claim(make.operation('a'))).created).toBe(true);
    await journal.close();
    const { records, unreadable } = await fileJournal(directory).list('');
    expect(unreadable).toEqual([]);
    expect(records.map(({ identity }) => identity)).toEqual(['shop/alice/kept', next.identity, 'shop/alice/a']);
  });

  test('a full disk refuses every claim, and lets reads and known names pass', async () => {
    const { io, journal, make } = await faulty();
    const record = make.operation('known');
    await journal.claim(record);
    io.everyAppend = errno('ENOSPC');
    for (let at = 0; at < 3; at++) {
      await expect(journal.claim(make.operation(`new/${at}`))).rejects.toMatchObject({ reason: 'quota' });
    }
    expect(await journal.get(record.identity)).toEqual(record);
    expect((await journal.claim(make.operation('known'))).record).toEqual(record);
    io.everyAppend = undefined;
    expect((await journal.claim(make.operation('new/0'))).created).toBe(true);
    await journal.close();
  });
});

describe('a flush that fails', () => {
  test('once: what was written goes on in a new file, and everybody gets a true answer', async () => {
    const { directory, io, journal, make } = await faulty();
    const stored = make.operation('stored');
    await journal.claim(stored);
    const flushes = io.flushes;
    io.nextFlush = errno('EIO');
    const offered = ['a', 'b'].map((name) => make.operation(name));
    const claims = await Promise.all(offered.map((record) => journal.claim(record)));
    expect(claims).toEqual(offered.map((record) => ({ created: true, record })));
    // Never again on that file: the kernel reports lost pages once.
    expect(io.flushes).toBe(flushes + 1);
    expect((await readdir(directory)).sort()).toEqual(['00000001.log', '00000002.log', 'reserve']);
    await journal.claim(make.operation('c'));
    await journal.close();
    const { records } = await fileJournal(directory).list('');
    expect(records.map(({ identity }) => identity)).toEqual(['stored', 'a', 'b', 'c'].map((id) => `shop/alice/${id}`));
  });

  test('and no new file can be made: ends this journal for good, takes the claims back, and is never tried again', async () => {
    const { directory, io, journal, make } = await faulty();
    const stored = make.operation('stored');
    await journal.claim(stored);
    const flushes = io.flushes;
    io.nextFlush = errno('EIO');
    io.everySync = errno('EIO');
    const cause = io.nextFlush;
    const claims = await Promise.allSettled(['a', 'b'].map((name) => journal.claim(make.operation(name))));
    for (const claim of claims) {
      expect(claim).toMatchObject({ status: 'rejected', reason: { reason: 'unavailable', cause } });
    }
    io.everySync = undefined;
    const calls = [
      () => journal.open(),
      () => journal.claim(make.operation('c')),
      () => journal.get(stored.identity),
      () => journal.list(''),
      () => journal.update(stored.identity, make.change(1)),
      () => journal.remove(stored.identity, 1),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ reason: 'unavailable' });
    await journal.close();
    await expect(journal.open()).rejects.toMatchObject({ reason: 'unavailable' });
    expect(io.flushes).toBe(flushes + 1);
    // Their callers were told that nothing was stored: a restart must not send them.
    const { records } = await fileJournal(directory).list('');
    expect(records).toEqual([stored]);
  });

  test('fails what waits behind it, too', async () => {
    const { io, journal, make } = await faulty();
    let open = (): void => {};
    io.gate = new Promise((resolve) => (open = resolve));
    io.nextFlush = errno('EIO');
    io.everySync = errno('EIO');
    const first = errorOf(journal.claim(make.operation('a')));
    await expect.poll(() => io.flushes).toBe(1);
    const second = errorOf(journal.claim(make.operation('b')));
    open();
    for (const error of [await first, await second]) expect(error).toMatchObject({ reason: 'unavailable' });
    expect(io.flushes).toBe(1);
  });

  test('of a directory: the names of the log and of every new directory are made durable', async () => {
    const around = await temporaryDirectory();
    const io = faultyIo();
    await fileJournalWith(io, join(around, 'a', 'b')).open();
    expect(io.synced).toEqual([around, join(around, 'a'), join(around, 'a', 'b')]);
    // Whoever made them may have died before.
    io.synced.length = 0;
    await fileJournalWith(io, join(around, 'a', 'b')).open();
    expect(io.synced).toEqual([join(around, 'a'), join(around, 'a', 'b')]);
  });

  test('of a directory: nothing is claimed under a name that a power cut may take', async () => {
    const directory = await temporaryDirectory();
    const io = faultyIo();
    const journal = fileJournalWith(io, directory);
    io.nextSync = errno('EIO');
    await expect(journal.open()).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(journal.claim(samples().operation('a'))).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

describe('a log that something else touches', () => {
  const rows: readonly [string, (log: string) => Promise<unknown>][] = [
    ['deleted', (log) => rm(log)],
    ['replaced', async (log) => (await writeFile(`${log}.copy`, await readFile(log)), rename(`${log}.copy`, log))],
    ['cut short', (log) => truncate(log, 10)],
    ['emptied', (log) => truncate(log, 0)],
  ];

  test.each(rows)('%s while in use: nothing more through this journal', async (_, touch) => {
    const { directory, journal, make } = await faulty();
    await journal.claim(make.operation('a'));
    await touch(logOf(directory));
    const calls = [() => journal.get('shop/alice/a'), () => journal.claim(make.operation('b')), () => journal.open()];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({ name: 'JournalError', reason: 'unavailable' });
    }
    await journal.close();
  });

  test('deleted while a flush is under way: the claim is not confirmed', async () => {
    const { directory, io, journal, make } = await faulty();
    let open = (): void => {};
    io.gate = new Promise((resolve) => (open = resolve));
    const claim = errorOf(journal.claim(make.operation('a')));
    await expect.poll(() => io.flushes).toBe(1);
    await rm(logOf(directory));
    // A read that meets the loss first must not close the file under the flush.
    await expect(journal.get('shop/alice/a')).rejects.toMatchObject({ reason: 'unavailable' });
    open();
    expect(await claim).toMatchObject({ reason: 'unavailable' });
  });

  test('a read error fails the call; the next one opens the log anew', async () => {
    const { directory, io, journal, make } = await faulty();
    const record = make.operation('a');
    // Another's bytes: of its own line a process knows what is in it.
    await appendFile(logOf(directory), '\n');
    io.nextRead = errno('EIO');
    await expect(journal.claim(record)).rejects.toMatchObject({ reason: 'unavailable' });
    await journal.claim(make.operation('b'));
    expect((await journal.list('')).records.map(({ identity }) => identity)).toContain('shop/alice/b');
    await journal.close();
  });

  test('bytes without a newline are another process writing: they are waited for, then voided or folded', async () => {
    const { directory, journal, make } = await faulty();
    const line = encodeLine('{"w":"x","s":1,"d":0}\tr1-\t"shop/alice/a"\t1');
    await journal.claim(make.operation('a'));
    await appendFile(logOf(directory), line.subarray(0, 40));
    expect(await journal.get('shop/alice/a')).toBeDefined();
    await appendFile(logOf(directory), line.subarray(40));
    expect(await journal.get('shop/alice/a')).toBeUndefined();
    await appendFile(logOf(directory), line.subarray(0, 40));
    expect((await journal.claim(make.operation('a'))).created).toBe(true);
    expect(await fileJournal(directory).get('shop/alice/a')).toBeDefined();
  });
});

describe('a log of a newer version', () => {
  const beyond = (json: string) => (log: string) => appendFile(log, encodeLine(json));
  const rows: readonly [string, (log: string) => Promise<unknown>][] = [
    ['an unknown seal', beyond('{"w":"x","s":1,"d":0,"seal":"wax"}')],
    ['an unknown entry', beyond('{"w":"x","s":1,"d":0}\tm1o\t"a"')],
    ['an entry with too few texts', beyond('{"w":"x","s":1,"d":0}\tc1o\t"a"\t1')],
    ['an unknown line', beyond('{"x":1}')],
    ['a higher format', (log) => writeFile(log, encodeLine('{"format":2,"generation":1,"length":0}'))],
  ];

  test.each(rows)('%s: refused and left as it is, and a later open tries again', async (_, touch) => {
    const { directory, journal, make } = await faulty();
    await journal.close();
    const log = logOf(directory);
    const before = await readFile(log);
    await touch(log);
    const after = await readFile(log);
    await expect(journal.claim(make.operation('a'))).rejects.toMatchObject({ reason: 'newer-version' });
    expect(await readFile(log)).toEqual(after);
    await writeFile(log, before);
    expect((await journal.claim(make.operation('a'))).created).toBe(true);
    await journal.close();
  });
});

describe('a damaged log', () => {
  test('every flipped bit of what was named durable is found at the next open', async () => {
    const { directory, journal, make } = await faulty();
    for (const name of ['a', 'b', 'c']) await journal.claim(make.operation(name));
    await journal.close();
    const log = logOf(directory);
    const bytes = await readFile(log);
    const end = bytes.lastIndexOf('\n\r\n') + 1;
    let corrupt = 0;
    for (let bit = 3; bit < end * 8; bit += 89) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(log, flipped);
      const opened = fileJournal(directory);
      const error = (await opened.claim(make.operation('a')).catch((thrown: unknown) => thrown)) as JournalError;
      if (error.reason === 'corrupt') corrupt++;
      // The newline in front of a line only ends torn pieces.
      else expect((await opened.list('')).records).toHaveLength(3);
      await opened.close();
      expect(await readFile(log)).toEqual(flipped);
    }
    expect(corrupt).toBeGreaterThan(150);
  });

  test.each([
    ['without its header', (bytes: Buffer) => bytes.subarray(100)],
    ['empty', () => Buffer.alloc(0)],
    ['all zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['not a log', () => Buffer.from('hello\nworld\n')],
    ['what a retired one is replaced with', () => Buffer.from('\nretired\n')],
  ])('%s: corrupt, and left as it is', async (_, spoil) => {
    const { directory, journal, make } = await faulty();
    await journal.claim(make.operation('a'));
    await journal.close();
    const log = logOf(directory);
    const spoilt = spoil(await readFile(log));
    await writeFile(log, spoilt);
    await expect(journal.list('')).rejects.toMatchObject({ reason: 'corrupt', effect: 'none' });
    await expect(fileJournal(directory).open()).rejects.toMatchObject({ reason: 'corrupt' });
    expect(await readFile(log)).toEqual(spoilt);
    // Evidence that does not depend on what is done next, once.
    const kept = await readdir(join(directory, 'quarantine'));
    expect(kept).toEqual([`00000001-${spoilt.length}.log`]);
    expect(await readFile(join(directory, 'quarantine', kept[0] ?? ''))).toEqual(spoilt);
  });
});
