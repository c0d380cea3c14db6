import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { compactFileJournal, fileJournalWith } from '../../../../src/journal/file/file-journal.ts';
import type { LogIo } from '../../../../src/journal/file/log-io.ts';
import { samples } from '../../../../src/testing/journal-contract/sample-record.ts';
import { logOf, temporaryDirectory } from '../support/directory.ts';
import { SimulatedDisk } from './simulated-disk.ts';

function process(disk: SimulatedDisk, replace: (io: LogIo) => Partial<LogIo>): LogIo {
  const io = disk.process();
  const replaced = replace(io);
  return new Proxy(io, { get: (_, name: keyof LogIo) => replaced[name] ?? io[name].bind(io) });
}

test.each(['its rescue fails', 'killed in its rescue', 'stopped before it knew'])(
  'what the failed flush of a process lost is not answered as durable by the next one: %s',
  async (how) => {
    const directory = await temporaryDirectory();
    const disk = new SimulatedDisk();
    const make = samples();
    let bad = false;
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const one = fileJournalWith(
      process(disk, (io) => ({
        async sync(fd) {
          if (!bad) return io.sync(fd);
          if (how === 'killed in its rescue') {
            stop();
            return new Promise<void>(() => {});
          }
          throw Object.assign(new Error('EIO'), { code: 'EIO' });
        },
        append(fd, bytes) {
          if (bad && bytes.includes('r1-')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
          return io.append(fd, bytes);
        },
        async flush(fd) {
          return io.flush(fd).catch((error: unknown) => {
            bad = true;
            if (how !== 'stopped before it knew') throw error;
            stop();
            return new Promise<void>(() => {});
          });
        },
      })),
      directory,
    );
    await one.claim(make.operation('kept'));
    // Somebody died in the middle of a line: what separates the next one from it is lost, too.
    const dead = disk.process();
    dead.append(dead.open(logOf(directory)), Buffer.from('\r\ntorn'));
    disk.nextFlushFails = true;
    const first = make.operation('cart');
    const claim = one.claim(first).then(
      () => 'created',
      () => 'failed',
    );
    if (how === 'its rescue fails') expect(await claim).toBe('failed');
    else await stopped;
    // Started again by its supervisor: the page cache shows the claim still.
    const two = fileJournalWith(disk.process(), directory);
    const { record } = await two.claim(make.operation('cart'));
    // Only what is durable is left.
    const after = disk.afterPowerCut({ whole: (_low, high) => high, chance: () => false });
    const three = fileJournalWith(after.process(), directory);
    const stored = await three.get('shop/alice/cart').catch((e: unknown) => e);
    expect(stored).toMatchObject({ write: record.write });
  },
);

test.each(['goes on', 'seals it'])(
  'a process that sees what a failed flush lost, and one that does not and %s, never answer with two keys',
  async (how) => {
    const directory = await temporaryDirectory();
    const disk = new SimulatedDisk();
    const make = samples();
    let failed = () => {};
    const failure = new Promise<void>((resolve) => (failed = resolve));
    let wake = () => {};
    const awake = new Promise<void>((resolve) => (wake = resolve));
    const one = fileJournalWith(
      process(disk, (io) => ({
        flush: (fd) =>
          io.flush(fd).catch(async (error: unknown) => {
            failed();
            // It is stopped before it can do anything about it.
            await awake;
            throw error;
          }),
      })),
      directory,
    );
    await one.claim(make.operation('kept'));
    disk.nextFlushFails = true;
    const claim = one.claim(make.operation('cart')).catch((error: unknown) => error);
    await failure;
    disk.forgetLost();
    let noLink = false;
    const two = fileJournalWith(
      process(disk, (io) => ({
        link(from, to) {
          if (noLink) throw Object.assign(new Error('EIO'), { code: 'EIO' });
          io.link(from, to);
        },
      })),
      directory,
    );
    const winner = make.operation('cart');
    expect((await two.claim(winner)).created).toBe(true);
    if (how === 'seals it') {
      noLink = true;
      await compactFileJournal(two).catch(() => {});
    }
    noLink = false;
    wake();
    expect(await claim).toMatchObject({ created: false, record: { write: winner.write } });
    // A new process of the same program goes on with the one that was answered.
    const three = fileJournalWith(disk.process(), directory);
    expect((await three.claim(make.operation('cart'))).record.write).toBe(winner.write);
    expect((await two.get(winner.identity))?.write).toBe(winner.write);
    await Promise.all([two.close(), three.close()]);
  },
);
