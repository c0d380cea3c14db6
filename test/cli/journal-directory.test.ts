import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { journalWorld } from './journal-world.ts';
import { run } from './run.ts';

test('a directory that is not a journal is left alone: nothing is created, and a sentence says why', async () => {
  const { directory } = await journalWorld();
  await mkdir(join(directory, 'empty'));
  await writeFile(join(directory, 'file'), '');
  const rows = [
    ['missing', 'does not exist'],
    ['empty', 'There is no journal in'],
    ['file', 'is not a directory'],
    ['file/below', 'does not exist'],
  ] as const;
  for (const [name, says] of rows) {
    const { code, stdout, stderr } = await run('journal', name === 'empty' ? 'doctor' : 'list', join(directory, name));
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(says)]);
  }
  expect(existsSync(join(directory, 'missing'))).toBe(false);
  expect(await readdir(join(directory, 'empty'))).toEqual([]);
});

test('a journal that cannot be opened: why, and where to look', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  await chmod(world.directory, 0o777);
  const { code, stdout, stderr } = await run('journal', 'list', world.directory);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('can be written to by others (mode 777)');
  expect(stderr).toContain(`onceward journal doctor ${world.directory}`);
});
