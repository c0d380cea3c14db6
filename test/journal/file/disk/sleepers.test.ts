// Compaction with somebody who sleeps in the middle of it: what other processes do meanwhile is played call by call, for a scheduler that is as
// unkind cannot be ordered.
import { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { encodeBatch } from '../../../../src/journal/file/batch.ts';
import { encodeClaim, encodeRemove } from '../../../../src/journal/file/entry.ts';
import { compactFileJournal, fileJournalWith } from '../../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../../src/journal/file/line.ts';
import type { LogIo } from '../../../../src/journal/file/log-io.ts';
import { samples } from '../../../../src/testing/journal-contract/sample-record.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** A process of the disk, with some calls replaced. */
function process(disk: SimulatedDisk, replace: (io: LogIo) => Partial<LogIo>): LogIo {
  const io = disk.process();
  const replaced = replace(io);
  return new Proxy(io, {
    get: (_, name: keyof LogIo) => replaced[name] ?? io[name].bind(io),
  });
}

function isSeal(bytes: Buffer): boolean {
  return bytes.includes('"seal":');
}

class Died extends Error {}

test('a line that comes behind a seal is void: it is written again in the next generation, and only then answered', async () => {
  const directory = await temporaryDirectory();
  const disk = new SimulatedDisk();
  const make = samples();
  let seal = Buffer.alloc(0);
  // It dies with its seal on the way: the kernel has it, and nobody has read it.
  const dying = fileJournalWith(
    process(disk, (io) => ({
      append(fd, bytes) {
        if (!isSeal(bytes)) return io.append(fd, bytes);
        seal = Buffer.from(bytes);
        throw new Died();
      },
    })),
    directory,
  );
  let overtaken = 0;
  const living = fileJournalWith(
    process(disk, (io) => ({
      append(fd, bytes) {
        if (seal.length > 0) {
          overtaken++;
          io.append(fd, seal);
          seal = Buffer.alloc(0);
        }
        return io.append(fd, bytes);
      },
    })),
    directory,
  );
  await dying.claim(make.operation('early'));
  await living.open();
  await compactFileJournal(dying).catch(() => {});
  expect(seal.length).toBeGreaterThan(0);
  const late = make.operation('late');
  expect((await living.claim(late)).created).toBe(true);
  expect(overtaken).toBe(1);
  // The dead one's memory is asked by nobody: a fresh one reads what is there.
  const fresh = fileJournalWith(disk.process(), directory);
  expect((await fresh.claim(make.operation('late'))).record.write).toBe(late.write);
  expect((await fresh.list('')).records).toHaveLength(2);
  expect(disk.list(directory)).toContain('00000002.log');
  await Promise.allSettled([living.close(), fresh.close(), dying.close()]);
});

test('a line that comes behind the seal of a compaction that goes on: it is not in its snapshot, and is written again', async () => {
  const directory = await temporaryDirectory();
  const disk = new SimulatedDisk();
  const make = samples();
  /** How long the log was before its seal. */
  let before: number | undefined;
  let wake: (() => void) | undefined;
  const sealer = fileJournalWith(
    process(disk, (io) => ({
      append(fd, bytes) {
        if (isSeal(bytes)) before = io.stat(fd).size;
        return io.append(fd, bytes);
      },
      async sync(fd) {
        // Behind the seal, before the link.
        if (before !== undefined) await new Promise<void>((resolve) => (wake = resolve));
        return io.sync(fd);
      },
    })),
    directory,
  );
  let late = false;
  const writer = fileJournalWith(
    process(disk, (io) => ({
      stat(fd) {
        const stats = io.stat(fd);
        if (!late) return stats;
        // Its last look was just before the seal.
        late = false;
        return { ...stats, size: before ?? 0 };
      },
      append(fd, bytes) {
        const written = io.append(fd, bytes);
        wake?.();
        return written;
      },
    })),
    directory,
  );
  await writer.claim(make.operation('early'));
  await sealer.open();
  const compacted = compactFileJournal(sealer);
  await expect.poll(() => wake !== undefined).toBe(true);
  late = true;
  const record = make.operation('late');
  expect((await writer.claim(record)).created).toBe(true);
  await compacted;
  expect((await sealer.claim(make.operation('late'))).record.write).toBe(record.write);
  const fresh = fileJournalWith(disk.process(), directory);
  expect((await fresh.list('')).records).toHaveLength(2);
  await Promise.all([writer.close(), sealer.close(), fresh.close()]);
});

test('a compaction that finds no space changes nothing: all go on in the old generation', async () => {
  const directory = await temporaryDirectory();
  const disk = new SimulatedDisk();
  const make = samples();
  let full = false;
  const onFull = () =>
    process(disk, (io) => ({
      write(fd, bytes, position) {
        // Over what stands there it can be written.
        const grows = position + bytes.length > io.stat(fd).size;
        if (full && grows) throw Object.assign(new Error('no space left, says the test'), { code: 'ENOSPC' });
        return io.write(fd, bytes, position);
      },
    }));
  const journals = [fileJournalWith(onFull(), directory), fileJournalWith(onFull(), directory)] as const;
  await journals[0].claim(make.operation('a'));
  await journals[1].claim(make.operation('b'));
  full = true;
  await expect(compactFileJournal(journals[0])).rejects.toMatchObject({ reason: 'quota' });
  for (const [at, journal] of journals.entries())
    expect((await journal.claim(make.operation(`after-${at}`))).created).toBe(true);
  const late = fileJournalWith(onFull(), directory);
  expect((await late.list('')).records).toHaveLength(4);
  await Promise.all([...journals, late].map((journal) => journal.close()));
});

test('a finisher that slept through two compactions does not bring an old generation back', async () => {
  const directory = await temporaryDirectory();
  const disk = new SimulatedDisk();
  const make = samples();
  const gates: (() => void)[] = [];
  let missing = 0;
  const sleeper = fileJournalWith(
    process(disk, (io) => ({
      async sync(fd) {
        await new Promise<void>((resolve) => gates.push(resolve));
        return io.sync(fd);
      },
      names(path) {
        const names = io.names(path);
        // A directory that is read while it changes may miss what is new (POSIX leaves it open).
        if (missing === 0) return names;
        missing--;
        return names.filter((name) => !(Number(/^(\d{8})\.log$/.exec(name)?.[1]) > 2));
      },
    })),
    directory,
  );
  const other = fileJournalWith(disk.process(), directory);
  await other.claim(make.operation('first'));
  /** Lets it pass every flush until it is done. */
  const wakeUntil = async (work: Promise<unknown>) => {
    let done = false;
    void work.then(() => {
      done = true;
    });
    await expect
      .poll(() => {
        for (const open of gates.splice(0)) open();
        return done;
      })
      .toBe(true);
  };
  await wakeUntil(sleeper.open());
  const compacting = compactFileJournal(sleeper);
  await expect.poll(() => gates.length).toBe(1);
  // The prefix grows before the seal: its snapshot has to be written anew.
  await other.claim(make.operation('second'));
  gates.splice(0)[0]?.();
  await expect.poll(() => gates.length).toBe(1);
  // The others finish for it, and compact twice more.
  await other.claim(make.operation('third'));
  await compactFileJournal(other);
  await compactFileJournal(other);
  await other.claim(make.operation('fourth'));
  const generations = () => disk.list(directory).filter((name) => name.endsWith('.log'));
  expect(generations().sort().at(-1)).toBe('00000004.log');
  missing = 1;
  await wakeUntil(compacting);
  const mine = make.operation('fourth');
  expect((await sleeper.claim(mine)).created).toBe(false);
  const split = make.operation('fifth');
  expect((await sleeper.claim(split)).created).toBe(true);
  expect((await other.claim(make.operation('fifth'))).record.write).toBe(split.write);
  expect(generations().sort()).toEqual(['00000001.log', '00000002.log', '00000003.log', '00000004.log']);
  expect(disk.list(directory).map((name) => basename(name))).not.toContainEqual(expect.stringMatching(/^tmp-/));
  await Promise.all([sleeper.close(), other.close()]);
});

test('a record that is removed and claimed anew just before an update: the update is answered with the record that it changed', async () => {
  const directory = await temporaryDirectory();
  const disk = new SimulatedDisk();
  const make = samples();
  const [first, second] = [make.operation('cart'), make.operation('cart')];
  const { identity } = first;
  const lines = [encodeRemove(identity, 1), encodeClaim(second)];
  // Another process, between the last look at the log and the next line in it.
  let others: Buffer | undefined;
  const journal = fileJournalWith(
    process(disk, (io) => ({
      append(fd, bytes) {
        if (others !== undefined) io.append(fd, others);
        others = undefined;
        return io.append(fd, bytes);
      },
    })),
    directory,
  );
  await journal.claim(first);
  await journal.get(identity);
  others = encodeLine(encodeBatch({ writer: 'another', sequence: 1, durable: 0, torn: [] }, lines));
  const { won, record } = await journal.update(identity, make.change(1));
  expect(won).toBe(true);
  expect(record?.fixed).toEqual(second.fixed);
  expect((await journal.get(identity))?.fixed).toEqual(second.fixed);
  await journal.close();
});
