import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestingProject, testingProject } from '../examples/support/testing-project.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
let project: TestingProject;

beforeAll(async () => {
  project = await testingProject();
});
afterAll(() => project.remove());

async function blocks(path: string): Promise<string[]> {
  const text = await readFile(join(root, path), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

test('docs/guides/testing.md: the five recipes run', async () => {
  const recipes = await blocks('docs/guides/testing.md');
  expect(recipes).toHaveLength(5);
  for (const [at, recipe] of recipes.entries()) {
    await writeFile(join(project.folder, `recipe-${at + 1}.test.ts`), recipe);
  }
  expect(await project.vitest()).toEqual({ passed: 6, failed: '' });
});

test('docs/mock.md: every program prints what it says', async () => {
  const programs = await blocks('docs/mock.md');
  expect(programs).toHaveLength(2);
  for (const [at, program] of programs.entries()) {
    const file = join(project.folder, `program-${at}.ts`);
    await writeFile(file, program);
    const { stdout } = await run(process.execPath, [file]);
    expect(program).toContain(`// ${stdout.trim()}\n`);
  }
});
