import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERIFY_HELP } from '../../src/cli/verify-options.ts';
import { CASES } from '../../src/verify/cases/catalogue.ts';
import { type TestingProject, testingProject } from '../examples/support/testing-project.ts';

const run = promisify(execFile);
const guide = await readFile(join(import.meta.dirname, '../../docs/guides/verify-your-server.md'), 'utf8');
const [program = '', suite = '', ...more] = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block);

describe('docs/guides/verify-your-server.md', () => {
  let project: TestingProject;
  beforeAll(async () => {
    project = await testingProject();
  });
  afterAll(() => project.remove());

  async function ran(name: string, text: string): Promise<string> {
    const file = join(project.folder, name);
    await writeFile(file, text);
    // A suite that runs in another is told so, and speaks another language.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await run(process.execPath, [file], { env });
    return stdout;
  }

  test('the program finds what it says', async () => {
    const stdout = await ran('program.ts', program);
    expect(program).toContain(`// ${stdout.trim()}\n`);
  });

  test('the suite passes, one test for each case', async () => {
    expect(more).toEqual([]);
    const stdout = await ran('suite.ts', suite);
    expect(stdout).toMatch(/tests 25\b/);
    expect(stdout).toMatch(/fail 0\b/);
  });

  test('its table is the catalogue', () => {
    const rows = [...guide.matchAll(/^\| (C\d\d) \| (.+) \| (\w+) \|$/gm)].map(([, id, title, level]) => ({
      id,
      title,
      level,
    }));
    expect(rows).toEqual(CASES.map(({ id, title, level }) => ({ id, title, level })));
  });

  test('every option it names is in the help', () => {
    const named = new Set([...guide.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option));
    expect(named.size).toBeGreaterThan(10);
    for (const option of named) expect(VERIFY_HELP, option).toContain(option);
  });
});
