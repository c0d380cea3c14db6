// A disk that is full and a disk that dies, as real as this machine allows: a file system of a few pages, a limit on the size of files, flushes
// that the kernel answers with EIO, a directory that somebody deletes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { JournalError } from '../../../src/core/errors/journal-error.ts';
import { createClient } from '../../../src/index.node.ts';
import { compactFileJournal, fileJournal } from '../../../src/journal/file/file-journal.ts';
import { ietf } from '../../../src/profiles/index.ts';
import { samples, succeeded } from '../../../src/testing/journal-contract/sample-record.ts';
import { Ledger, seen } from '../../journal/file/support/ledger.ts';
import type { Claimed } from './child/claimed.ts';
import { canInject, type SmallDisk, smallDisk } from './support/places.ts';
import { type Program, programOf } from './support/program.ts';

let program: Program;

beforeAll(async () => {
  program = await programOf('claimer');
});

afterAll(() => program.remove());

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-full-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** What became of each claim of a process that runs under `command`. */
async function claimer(command: readonly string[], ...args: readonly string[]): Promise<Claimed[]> {
  const [file = '', ...argv] = [...command, process.execPath, program.path, ...args];
  // One thread: strace counts the calls of each thread for itself.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
  const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const said: Claimed[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(JSON.parse(line) as Claimed));
  const [[code]] = await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  expect(code).toBe(0);
  return said;
}

function refusals(said: readonly Claimed[]): string[] {
  return said.flatMap((claimed) => ('refused' in claimed ? claimed.refused : []));
}

/** What a process that starts now holds against what was answered. `exactly`: and nothing else. */
async function expectKept(directory: string, said: readonly Claimed[], exactly: boolean): Promise<void> {
  const ledger = new Ledger();
  const granted = said.flatMap((claimed) => ('seen' in claimed ? claimed.seen : []));
  for (const claimed of granted) {
    ledger.claiming(claimed.identity);
    ledger.claimed(claimed, true);
  }
  const journal = fileJournal(directory);
  const { records, unreadable } = await journal.list('');
  await journal.close();
  expect(unreadable).toEqual([]);
  expect(ledger.broken(records)).toEqual([]);
  if (exactly) expect(records.length).toBe(granted.length);
}

describe('a file that may not grow (RLIMIT_FSIZE)', () => {
  test.each([9_000, 20_001, 40_000])('%d bytes: refused claims are not there, granted ones are', async (limit) => {
    const directory = join(await temporary(), 'journal');
    const limited = ['prlimit', `--fsize=${limit}`];
    const said = await claimer(limited, directory, '60', '700', 'compacting');
    expect(refusals(said).length).toBeGreaterThan(5);
    expect(new Set(refusals(said))).toEqual(new Set(['JournalError quota none']));
    await expectKept(directory, said, true);
    // The same directory without a limit.
    const after = await claimer([], directory, '60', '700');
    expect(refusals(after)).toEqual([]);
    await expectKept(directory, after, true);
  });
});

/** As the kernel reports pages that never reached the disk. */
const INJECTED = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e'];

describe.runIf(canInject())('a flush that fails (EIO, injected below the process)', () => {
  test.each([1, 2, 5, 9])('once, the %dth one: a fresh generation, every claim is granted', async (when) => {
    const directory = join(await temporary(), 'journal');
    const said = await claimer([...INJECTED, `inject=fdatasync:error=EIO:when=${when}`], directory, '40');
    expect(refusals(said)).toEqual([]);
    await expectKept(directory, said, true);
    const logs = (await readdir(directory)).filter((name) => name.endsWith('.log'));
    expect(logs.length).toBeGreaterThanOrEqual(2);
  });

  test('fsync too, for ever: fails closed, what was granted before is there', async () => {
    const directory = join(await temporary(), 'journal');
    const persistent = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e'];
    const inject = 'inject=fdatasync,fsync:error=EIO:when=12+';
    const said = await claimer([...persistent, inject], directory, '60');
    expect(refusals(said).length).toBeGreaterThan(0);
    expect(said.length - refusals(said).length).toBeGreaterThan(0);
    expect(refusals(said).every((refused) => refused.startsWith('JournalError unavailable'))).toBe(true);
    await expectKept(directory, said, false);
  });
});

/** The journal's reserve is a megabyte, and so is what it puts aside while it compacts. */
const SMALL = 6 * 1024 * 1024;

function mounted(): SmallDisk {
  const disk = smallDisk(SMALL);
  if (disk === undefined) throw new Error('It could be mounted a moment ago.');
  onTestFinished(() => disk.unmount());
  return disk;
}

function canMount(): boolean {
  const disk = smallDisk(SMALL);
  disk?.unmount();
  return disk !== undefined;
}

describe.runIf(canMount())('a full disk (a file system of 6 MiB)', () => {
  test('granted claims stay, refused ones are not there, and it goes on when there is space again', async () => {
    const disk = mounted();
    const directory = join(disk.path, 'journal');
    const make = samples();
    const journal = fileJournal(directory);
    const said: Claimed[] = [];
    const claim = async (name: string): Promise<void> => {
      const record = make.operation(name, { meta: 'x'.repeat(500) });
      const claimed: Claimed = await journal.claim(record).then(
        ({ record: stored }) => ({ seen: seen(stored) }),
        ({ name: error, reason, effect }: JournalError) => ({
          identity: record.identity,
          refused: `${error} ${reason} ${effect}`,
        }),
      );
      said.push(claimed);
    };
    for (let at = 0; at < 8; at++) await claim(`early-${at}`);
    disk.fill();
    for (let at = 0; at < 24; at += 3)
      await Promise.all([claim(`full-${at}`), claim(`full-${at + 1}`), claim(`full-${at + 2}`)]);
    expect(new Set(refusals(said))).toEqual(new Set(['JournalError quota none']));
    // Neither can it be compacted, and that harms nobody.
    await expect(compactFileJournal(journal)).rejects.toMatchObject({ reason: 'quota' });
    await expectKept(directory, said, true);
    disk.free();
    for (let at = 0; at < 8; at++) await claim(`late-${at}`);
    await compactFileJournal(journal);
    for (let at = 0; at < 8; at++) await claim(`compacted-${at}`);
    expect(said.slice(-16).filter((claimed) => 'refused' in claimed)).toEqual([]);
    await journal.close();
    await expectKept(directory, said, true);
  });

  test('what was under way can still be finished: that is what the reserve is for', async () => {
    const disk = mounted();
    const directory = join(disk.path, 'journal');
    const make = samples();
    const journal = fileJournal(directory);
    const records = Array.from({ length: 4 }, (_, at) => make.operation(`running-${at}`));
    await Promise.all(records.map((record) => journal.claim(record)));
    disk.fill();
    // Until the last page of the log is full.
    const updates = [];
    for (const record of records) updates.push(await journal.update(record.identity, make.change(1, succeeded())));
    expect(updates.map(({ won }) => won)).toEqual([true, true, true, true]);
    await journal.close();
    const fresh = fileJournal(directory);
    const { records: stored } = await fresh.list('');
    expect(stored.map(({ state }) => state?.state)).toEqual(records.map(() => 'succeeded'));
    await fresh.close();
  });

  test.each([
    ['through the reserve', false, true],
    ['the reserve gone too: told all the same, as not stored; stored once there is space', true, false],
  ])('a client whose answer finds no space: %s', { timeout: 90_000 }, async (_, gone, persisted) => {
    const disk = mounted();
    const directory = join(disk.path, 'journal');
    let effects = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        effects++;
        if (gone) rmSync(join(directory, 'reserve'));
        disk.fill();
        response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'x'.repeat(20_000) }));
      });
    }).listen(0);
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const baseUrl = `http://127.0.0.1:${port}/`;
    const profile = ietf({ keyLifetime: '24h' });
    const client = createClient({ baseUrl, profile, journal: fileJournal(directory) });
    const outcome = await client.post('charges', { once: 'order-1', json: { amount: 1 } }).outcome();
    expect(outcome).toMatchObject({ status: 'succeeded', persisted });
    disk.free();
    const stored = async () => (await client.operations.outcome('order-1')).persisted;
    await expect.poll(stored, { timeout: 60_000 }).toBe(true);
    await client.close();
    const next = createClient({ baseUrl, profile, journal: fileJournal(directory) });
    expect(await next.operations.outcome('order-1')).toMatchObject({ status: 'succeeded', persisted: true });
    await next.close();
    expect(effects).toBe(1);
  });
});

describe('a directory that is deleted', () => {
  test('under an open journal: nothing more is granted, and nothing is made in its place', async () => {
    const directory = join(await temporary(), 'journal');
    const make = samples();
    const journals = [fileJournal(directory), fileJournal(directory)];
    for (const journal of journals) await journal.claim(make.operation('a'));
    await rm(directory, { recursive: true });
    for (const journal of journals) {
      await expect(journal.claim(make.operation('b'))).rejects.toMatchObject({ reason: 'unavailable' });
      await expect(journal.list('')).rejects.toMatchObject({ reason: 'unavailable' });
      await expect(compactFileJournal(journal)).rejects.toMatchObject({ reason: 'unavailable' });
      await journal.close();
    }
    expect(await readdir(directory).catch(() => [])).toEqual([]);
  });
});
