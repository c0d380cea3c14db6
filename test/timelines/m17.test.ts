import type { Buffer } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import { fileJournalWith } from '../../src/journal/file/file-journal.ts';
import { nodeLogIo } from '../../src/journal/file/log-io.ts';
import { charge, makeWorld, told, until, type World } from './support/world.ts';

const CLAIM = 'cart%2F1';

describe('file', () => {
  test.each([
    ['half of its line', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['all of its line but the last newline', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['one byte', (bytes: Buffer) => bytes.subarray(0, 1)],
  ])('M17: of a claim the disk takes %s: nothing is sent, and whoever comes next repairs nothing', async (_, part) => {
    const world = await makeWorld('file');
    expect(await told(charge(world.client(), 'before', 1))).toBe('201 {"charge":1}');
    const a = world.client({ journal: writing(world, (bytes, append) => append(part(bytes))) });
    expect(await told(charge(a, 'cart/1', 5))).toBe('JournalError JOURNAL none quota');
    expect(world.server.arrivals).toHaveLength(1);
    const torn = await log(world);
    // A process that starts now, while the other one lives.
    const b = world.client();
    expect(await told(charge(b, 'cart/1', 5))).toBe('201 {"charge":2}');
    expect((await log(world)).subarray(0, torn.length)).toEqual(torn);
    expect(await told(charge(a, 'cart/1', 5))).toBe('201 {"charge":2}');
    expect(await told(charge(await world.restart(b), 'cart/1', 5))).toBe('201 {"charge":2}');
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M17: a line in two pieces, with the claim of another process between them, is no claim: the stored key is sent', async () => {
    const world = await makeWorld('file');
    const theirs = await claimOfAnother(world);
    const a = world.client({
      journal: writing(world, (bytes, append) => {
        const half = Math.floor(bytes.length / 2);
        append(bytes.subarray(0, half));
        append(theirs);
        append(bytes.subarray(half));
        return bytes.length;
      }),
    });
    expect(await told(charge(a, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(await told(charge(await world.restart(a), 'cart/1', 5))).toBe('201 {"charge":1}');
    // Theirs, and ours with the same key.
    expect(world.server.arrivals).toHaveLength(2);
    expect(new Set(world.server.keys()).size).toBe(1);
  });
});

type Append = (bytes: Buffer) => number;

/** A journal on what the world stores, whose first write of the claim goes as `first` says. */
function writing(world: World, first: (bytes: Buffer, append: Append) => number): Journal {
  let written = false;
  const append = (fd: number, bytes: Buffer): number => {
    if (written || !bytes.includes(CLAIM)) return nodeLogIo.append(fd, bytes);
    written = true;
    return first(bytes, (piece) => nodeLogIo.append(fd, piece));
  };
  return fileJournalWith({ ...nodeLogIo, append }, world.directory ?? '');
}

/** The line with which a process claimed the name, sent its key, and died. */
async function claimOfAnother(world: World): Promise<Buffer> {
  let line: Buffer | undefined;
  const append = (fd: number, bytes: Buffer): number => {
    if (bytes.includes(CLAIM)) line ??= bytes;
    return nodeLogIo.append(fd, bytes);
  };
  world.server.script({ answer: 'silence' });
  const client = world.client({ journal: fileJournalWith({ ...nodeLogIo, append }, `${world.directory}-of-another`) });
  void told(charge(client, 'cart/1', 5));
  await until(() => world.server.arrivals.length === 1, 'sent');
  await client.close({ timeout: 0 });
  if (line === undefined) throw new Error('Nothing was claimed.');
  return line;
}

async function log({ directory = '' }: World): Promise<Buffer> {
  return readFile(join(directory, '00000001.log'));
}
