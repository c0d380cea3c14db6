import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const file = join(root, 'docs/providers.md');
const page = await readFile(file, 'utf8');
const run = promisify(execFile);
const script = (...given: readonly string[]) =>
  run(process.execPath, [join(root, 'scripts/profile-table.ts'), ...given]);

let folder: string;
beforeAll(async () => {
  // Below the package, so that what it depends on is found.
  await mkdir(join(root, 'reports'), { recursive: true });
  folder = await mkdtemp(join(root, 'reports', 'providers-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the tables', () => {
  test('are what the profiles say', async () => {
    await expect(script('--check')).resolves.toMatchObject({ stderr: '' });
  });
  test('are missed where one word of them is another, and written anew', async () => {
    const copy = join(folder, 'copy.md');
    await writeFile(copy, page.replace('| `Cko-Idempotency-Key`', '| `Idempotency-Key`'));
    await expect(script('--check', copy)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('differs from the profiles'),
    });
    await script(copy);
    expect(await readFile(copy, 'utf8')).toBe(page);
  });
  test('show every profile twice', async () => {
    const { ietf, defineProfile, ...profiles } = await import('../../src/profiles/index.ts');
    for (const name of ['ietf', ...Object.keys(profiles)]) {
      expect(page.split(`| [\`${name}\`](../src/profiles/`).length, name).toBe(3);
    }
    expect([typeof ietf, typeof defineProfile]).toEqual(['function', 'function']);
  });
});

test('its links inside the repository lead somewhere', async () => {
  const inside = [...page.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, link = '']) => join(dirname(file), link));
  expect(inside.length).toBeGreaterThan(20);
  for (const one of new Set(inside)) expect((await stat(one)).isFile(), one).toBe(true);
});

test('the code runs: a profile is defined, and client and mock understand each other by it', async () => {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
  expect(blocks).toHaveLength(2);
  const from = (path: string): string => join(root, 'src', path);
  const program = join(folder, 'program.mjs');
  await build({
    stdin: { contents: blocks.join('\n'), resolveDir: root, loader: 'ts' },
    alias: {
      onceward: from('index.node.ts'),
      'onceward/profiles': from('profiles/index.ts'),
      'onceward/mock': from('mock/index.ts'),
      'onceward/mock/node': from('mock/node.ts'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    outfile: program,
  });
  expect((await run(process.execPath, [program])).stdout).toBe('1\n');
});
