import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compactFileJournal, fileJournal } from '../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../src/journal/file/line.ts';
import { HOUR, type JournalWorld, journalWorld } from './journal-world.ts';
import { run } from './run.ts';

/** The checks that are not in order. */
async function doctor(directory: string): Promise<{ code: number | null; found: readonly string[] }> {
  const { code, stdout } = await run('journal', 'doctor', directory, '--json');
  const checks = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { check: string; status: string });
  return { code, found: checks.flatMap(({ check, status }) => (status === 'ok' ? [] : [`${check} ${status}`])) };
}

test('in order: every check is ok, and it is readable', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  const { code, stdout, stderr } = await run('journal', 'doctor', world.directory);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n').filter((line) => !/^ok {4}\S/.test(line))).toEqual(['']);
  expect(await doctor(world.directory)).toEqual({ code: 0, found: [] });
});

test('a doubt is a warning, with what to do', async () => {
  const world = await journalWorld();
  await world.doubt('cart/1', {}, HOUR);
  const { code, stdout } = await run('journal', 'doctor', world.directory);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^warn +doubt .*\n +-> onceward journal list/m)]);
});

test('a directory that others can write to: a failure, though the journal cannot be opened', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  await chmod(world.directory, 0o777);
  const { code, found } = await doctor(world.directory);
  expect([code, found[0]]).toEqual([1, 'directory fail']);
});

test('damage below what was durable: a failure that names the bytes, and nothing is changed', async () => {
  const world = await journalWorld();
  for (const once of ['a', 'b', 'c', 'd']) await world.charge(once);
  const log = join(world.directory, '00000001.log');
  const bytes = await readFile(log);
  const from = Math.floor(bytes.length / 4);
  bytes.fill(0, from, from + 200);
  await writeFile(log, bytes);
  const { code, found } = await doctor(world.directory);
  expect([code, found]).toEqual([1, expect.arrayContaining(['log fail'])]);
  expect(await readFile(log)).toEqual(bytes);
  const listed = await run('journal', 'list', world.directory);
  expect([listed.code, listed.stderr]).toEqual([1, expect.stringContaining('onceward journal doctor')]);
});

test('a record of a newer version: the others are shown, and it is said', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  const log = join(world.directory, '00000001.log');
  const head = JSON.stringify({ w: 'a-newer-program', s: 1, d: (await readFile(log)).length });
  await appendFile(log, encodeLine([head, 'c2o', '"shop/alice/newer"', '1', '0', '"w"', '{}', '{}'].join('\t')));
  const listed = await run('journal', 'list', world.directory);
  expect([listed.code, listed.stdout]).toEqual([1, expect.stringContaining('cart/1')]);
  expect(listed.stderr).toContain('  shop/alice/newer: newer-version');
  expect(await doctor(world.directory)).toEqual({ code: 1, found: ['records fail'] });
});

/** Three operations in a snapshot; of the answer of the middle one, a byte has changed on the disk. */
async function withDamagedRecord(): Promise<JournalWorld> {
  const world = await journalWorld();
  for (const once of ['cart/1', ['cart', 'a b'], 'cart/3'] as const) await world.charge(once);
  const journal = fileJournal(world.directory);
  await compactFileJournal(journal);
  await journal.close();
  const log = join(world.directory, '00000002.log');
  const bytes = await readFile(log);
  const at = bytes.indexOf('"id":"cart/a%20b"');
  expect(at).toBeGreaterThan(0);
  bytes.write('X', at + 8);
  await writeFile(log, bytes);
  return world;
}

test('a damaged record of the snapshot: a failure that names it, and nothing is changed', async () => {
  const world = await withDamagedRecord();
  const log = join(world.directory, '00000002.log');
  const before = await readFile(log);
  const { code, stdout } = await run('journal', 'doctor', world.directory);
  expect([code, stdout]).toEqual([
    1,
    expect.stringMatching(
      /^fail +records +2 operations, 0 pending, 1 damaged \(shop\/alice\/cart%2Fa%2520b\)\n +-> .*server/m,
    ),
  ]);
  expect(stdout).toMatch(/^ok +log /m);
  expect((await readFile(log)).subarray(0, before.length)).toEqual(before);
});

test('list, show, export and prune say which record is damaged, and go on with the others', async () => {
  const world = await withDamagedRecord();
  const named = expect.stringContaining('  shop/alice/cart%2Fa%2520b: corrupt\n');
  const journal = (action: string, ...more: readonly string[]) => run('journal', action, world.directory, ...more);
  const [listed, whole, damaged, exported] = await Promise.all([
    journal('list'),
    journal('show', 'cart/3'),
    journal('show', 'cart/a b'),
    journal('export', '--ids'),
  ]);
  expect([listed.code, listed.stderr]).toEqual([1, named]);
  expect(listed.stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['ID', 'cart/1', 'cart/3', '']);
  expect([whole.code, whole.stdout, whole.stderr]).toEqual([1, expect.stringMatching(/^cart\/3\n/), named]);
  expect([damaged.code, damaged.stdout, damaged.stderr]).toEqual([
    1,
    '',
    expect.stringContaining('cart/a b is in the journal and cannot be read (corrupt)'),
  ]);
  expect([exported.code, exported.stderr]).toEqual([1, named]);
  expect(JSON.parse(exported.stdout)).toMatchObject({
    records: { operations: 2, corrupt: 1 },
    operations: [{ id: 'cart/1' }, { id: 'cart/3' }],
  });
  // It is carried on as it is, into the next generation too.
  const pruned = await journal('prune');
  expect([pruned.code, pruned.stderr]).toEqual([1, named]);
  const decided = await journal('discard', 'cart/a b', '--yes');
  expect([decided.code, decided.stderr]).toEqual([1, expect.stringContaining('cannot be read (corrupt)')]);
  expect((await doctor(world.directory)).found).toEqual(['records fail']);
});
