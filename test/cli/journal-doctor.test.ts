import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeLine } from '../../src/journal/file/line.ts';
import { HOUR, journalWorld } from './journal-world.ts';
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
