// Faults on top of faults: each of these once lost a record, made two keys, or told a caller what was not so.
import { appendFileSync, closeSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalError } from '../../../src/core/errors/journal-error.ts';
import { encodeClaim, encodeUpdate } from '../../../src/journal/file/entry.ts';
import { compactFileJournal, fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { nodeLogIo } from '../../../src/journal/file/log-io.ts';
import { samples, succeeded } from '../../../src/testing/journal-contract/sample-record.ts';
import { logOf, temporaryDirectory } from './support/directory.ts';
import { errno, faultyIo } from './support/faulty-io.ts';

test('a claim refused for want of its last newline is not made whole by the next line', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  await journal.claim(make.operation('kept'));
  let n = 0;
  io.append = (fd, bytes) => {
    n++;
    if (n === 1) return nodeLogIo.append(fd, bytes.subarray(0, -1));
    throw errno('ENOSPC');
  };
  const refused = make.operation('refused');
  await expect(journal.claim(refused)).rejects.toMatchObject({ reason: 'quota' });
  io.append = nodeLogIo.append;
  await journal.claim(make.operation('next'));
  expect(await journal.get(refused.identity)).toBeUndefined();
});

test('a seal refused for want of its last newline does not seal', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  await journal.claim(make.operation('kept'));
  let n = 0;
  io.append = (fd, bytes) => {
    n++;
    if (n === 1) return nodeLogIo.append(fd, bytes.subarray(0, -1));
    throw errno('ENOSPC');
  };
  await expect(compactFileJournal(journal)).rejects.toMatchObject({ reason: 'quota' });
  // An update still fits; a new file of the size of the snapshot and its slack does not.
  io.append = nodeLogIo.append;
  io.write = () => {
    throw errno('ENOSPC');
  };
  expect((await journal.update('shop/alice/kept', make.change(1, succeeded()))).won).toBe(true);
});

test('a megabyte and more, written by others before the seal, needs no space behind it', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const one = fileJournalWith(io, directory);
  const two = fileJournal(directory);
  const make = samples();
  await one.claim(make.operation('kept'));
  await two.open();
  let full = false;
  const { sync, write } = io;
  let syncs = 0;
  io.sync = async (fd) => {
    await sync(fd);
    if (syncs++ > 0) return;
    // Another process goes on writing while the snapshot is flushed.
    for (let at = 0; at < 5; at++) {
      const record = make.operation(`big/${at}`);
      const body = new Uint8Array(500_000).fill(65);
      await two.claim({
        ...record,
        fixed: { ...record.fixed, request: { ...record.fixed.request, body } },
      } as typeof record);
    }
    full = true;
  };
  // From now on no file can become longer than it is.
  io.write = (fd, bytes, position) => {
    if (full && position + bytes.length > nodeLogIo.stat(fd).size) throw errno('ENOSPC');
    return write(fd, bytes, position);
  };
  await compactFileJournal(one).catch(() => {});
  const outcome = await one.update('shop/alice/kept', make.change(1, succeeded())).catch((e: unknown) => e);
  expect(outcome).toMatchObject({ won: true });
  await two.close();
});

test('a record that cannot be read does not refuse the others of its batch, which are stored', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  await journal.claim(make.operation('kept'));
  const newer = make.operation('newer');
  const { append } = io;
  let n = 0;
  io.append = (fd, bytes) => {
    if (n++ === 0) {
      const text = encodeClaim({ ...newer, write: 'other' }).replace(/^c1/, 'c2');
      nodeLogIo.append(fd, encodeLine(`{"w":"newer","s":1,"d":0}\t${text}`));
    }
    return append(fd, bytes);
  };
  const plain = make.operation('plain');
  const [a, b] = await Promise.allSettled([journal.claim(plain), journal.claim(newer)]);
  expect(b).toMatchObject({ status: 'rejected', reason: { reason: 'newer-version' } });
  const stored = await journal.get(plain.identity);
  // Either it was stored and its caller knows, or neither.
  expect([a.status, stored?.write]).toEqual(['fulfilled', plain.write]);
});

test('nothing is written through a file descriptor that was given back', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  await journal.claim(make.operation('kept'));
  const victim = join(directory, 'victim');
  writeFileSync(victim, 'mine\n');
  let opened: number | undefined;
  io.close = (fd) => {
    nodeLogIo.close(fd);
    opened ??= openSync(victim, 'a');
  };
  let open = () => {};
  io.gate = new Promise((r) => (open = r));
  const claim = journal.claim(make.operation('a')).catch((e: unknown) => e);
  await expect.poll(() => io.flushes).toBe(2);
  io.stat = () => {
    throw errno('EIO');
  };
  const got = await journal.get('shop/alice/kept').catch((e: unknown) => e);
  expect(got).toBeInstanceOf(JournalError);
  io.stat = nodeLogIo.stat;
  open();
  await claim;
  expect(readFileSync(victim, 'utf8')).toBe('mine\n');
  if (opened !== undefined) closeSync(opened);
});

test('bytes that changed under an open journal are a JournalError', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const first = fileJournal(directory);
  const record = make.operation('kept');
  await first.claim(record);
  await first.close();
  const journal = fileJournal(directory);
  await journal.claim(make.operation('later'));
  const text = readFileSync(logOf(directory));
  const at = text.indexOf('alice');
  const fd = openSync(logOf(directory), 'r+');
  writeSync(fd, Buffer.from('X'), 0, 1, at + 40);
  closeSync(fd);
  expect(await journal.get(record.identity).catch((e: unknown) => e)).toBeInstanceOf(JournalError);
  expect(await journal.list('').catch((e: unknown) => e)).toBeInstanceOf(JournalError);
});

test('while one journal has given the reserve back, no other begins anything', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const one = fileJournalWith(io, directory);
  const two = fileJournalWith(io, directory);
  const make = samples();
  await one.claim(make.operation('running'));
  await two.open();
  const { append } = io;
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
    return nodeLogIo.remove(path);
  };
  await expect(one.claim(make.operation('new'))).rejects.toMatchObject({ reason: 'quota' });
  await expect(two.claim(make.operation('other'))).rejects.toMatchObject({ reason: 'quota' });
});

test('the target of what has ended is not kept', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const first = fileJournal(directory);
  await first.claim(make.operation('kept'));
  const state = { ...succeeded(), target: { url: 'https://api.example/secret', kind: 'monitor' as const }, polls: 2 };
  const won = await first.update('shop/alice/kept', make.change(1, state as never));
  await first.close();
  const second = await fileJournal(directory).get('shop/alice/kept');
  expect(second).toEqual(won.record);
});

test('a relaxed update that lost is answered with what is durable', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  await journal.claim(make.operation('kept'));
  // Another process finished it and was killed before its flush.
  const text = encodeUpdate('shop/alice/kept', make.change(1, succeeded()));
  appendFileSync(logOf(directory), encodeLine(`{"w":"killed","s":1,"d":0}\t${text}`));
  const { flushes } = io;
  const { won, record } = await journal.update('shop/alice/kept', make.change(1, {}), { relaxed: true });
  expect([won, record?.state?.state]).toEqual([false, 'succeeded']);
  expect(io.flushes).toBeGreaterThan(flushes);
});

test('after a flush that failed, a generation of another process that lacks the write is no rescue', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const io = faultyIo();
  const one = fileJournalWith(io, directory);
  await one.claim(make.operation('kept'));
  const two = fileJournal(directory);
  await two.open();
  const before = statSync(logOf(directory)).size;
  let failed = false;
  io.flush = async (fd) => {
    if (failed) return nodeLogIo.flush(fd);
    failed = true;
    // The kernel gave the page up: whoever reads now gets what the disk has.
    const size = statSync(logOf(directory)).size;
    const raw = openSync(logOf(directory), 'r+');
    writeSync(raw, Buffer.alloc(size - before), 0, size - before, before);
    closeSync(raw);
    await compactFileJournal(two);
    throw errno('EIO');
  };
  const record = make.operation('acknowledged');
  const answer = await one.claim(record).catch((e: unknown) => e);
  const other = await two.claim(make.operation('acknowledged'));
  expect(answer).toMatchObject({ created: true });
  expect(other).toMatchObject({ created: false, record: { write: record.write } });
  expect(failed).toBe(true);
});

test('a compare-and-set does not win on what became a tombstone', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const one = fileJournal(directory, { retention: { record: 1, response: 1 } });
  const two = fileJournal(directory);
  await one.claim(make.operation('kept'));
  const done = { ...succeeded(), state: 'discarded' as const, effect: 'possible' as const, acknowledgedAt: 1 };
  const { source: _s, response: _r, ...rest } = done;
  await one.update('shop/alice/kept', make.change(1, rest));
  const seen = await two.get('shop/alice/kept');
  await compactFileJournal(one);
  const change = make.change(seen?.revision ?? 0, { ...succeeded(), acknowledgedAt: 2 });
  expect(await two.update('shop/alice/kept', change)).toMatchObject({ won: false, record: { revision: 2 } });
  await Promise.all([one.close(), two.close()]);
  const stored = await fileJournal(directory).get('shop/alice/kept');
  expect(stored).toMatchObject({ revision: 2, state: { state: 'discarded', tombstone: true } });
});

test('a whole line that cannot be read back: the caller hears that this is unknown', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  const make = samples();
  await journal.claim(make.operation('kept'));
  io.append = (fd, bytes) => {
    const n = nodeLogIo.append(fd, bytes);
    io.stat = () => {
      throw errno('EIO');
    };
    return n;
  };
  const error = (await journal.claim(make.operation('told-no')).catch((e: unknown) => e)) as Error & { effect: string };
  io.append = nodeLogIo.append;
  io.stat = nodeLogIo.stat;
  const stored = await fileJournal(directory).get('shop/alice/told-no');
  expect(stored).toBeDefined();
  expect(error.message).toContain('unknown');
});

test('large bodies do not stay in memory', async () => {
  const journal = fileJournal(await temporaryDirectory());
  const make = samples();
  await journal.open();
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 100; at++) {
    const body = new Uint8Array(1_000_000).fill(65);
    await journal.claim(
      make.operation(`big/${at}`, { request: { method: 'POST', url: 'https://api.example/', headers: [], body } }),
    );
  }
  await expect.poll(() => process.memoryUsage().arrayBuffers - before, { timeout: 10_000 }).toBeLessThan(64e6);
  await journal.close();
});

test('whoever opens a log writes over nothing that it cannot read: it may be on its way', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const journal = fileJournal(directory);
  await journal.claim(make.operation('kept'));
  await journal.close();
  const [slow, quick] = [make.operation('slow'), make.operation('quick')];
  const line = (record: typeof slow) => encodeLine(`{"w":"${record.fixed.key}","s":1,"d":0}\t${encodeClaim(record)}`);
  const at = statSync(logOf(directory)).size;
  // A file system whose readers see a later line before all of an earlier one.
  appendFileSync(logOf(directory), Buffer.concat([Buffer.alloc(line(slow).length), line(quick)]));
  const written: number[] = [];
  const io = faultyIo();
  io.openToOverwrite = (path) => {
    const fd = nodeLogIo.openToOverwrite(path);
    writeSync(fd, line(slow), 0, line(slow).length, at);
    return fd;
  };
  io.write = (fd, bytes, position) => {
    written.push(position);
    return nodeLogIo.write(fd, bytes, position);
  };
  await fileJournalWith(io, directory).open();
  expect(written).toContain(at + line(slow).length);
  const { records } = await fileJournal(directory).list('');
  expect(records.map(({ identity }) => identity)).toEqual(
    ['kept', 'slow', 'quick'].map((name) => `shop/alice/${name}`),
  );
});
