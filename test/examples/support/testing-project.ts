import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** What came of a suite. */
export interface Suite {
  readonly passed: number;
  readonly failed: string;
}

/** A user's project with onceward, vitest and msw. */
export interface TestingProject {
  readonly folder: string;
  /** Runs every test in it, by a vitest of its own. */
  vitest(): Promise<Suite>;
  remove(): Promise<void>;
}

export async function testingProject(): Promise<TestingProject> {
  const folder = await mkdtemp(join(tmpdir(), 'onceward-testing-'));
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  await symlink(root, join(modules, 'onceward'));
  for (const name of ['vitest', 'msw']) await symlink(join(root, 'node_modules', name), join(modules, name));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return { folder, vitest: () => suiteOf(folder), remove: () => rm(folder, { recursive: true, force: true }) };
}

async function suiteOf(folder: string): Promise<Suite> {
  const file = join(folder, 'report.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const argv = [vitest, 'run', '--root', folder, '--reporter=json', '--outputFile', file];
  // Not as a part of this run.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  // What failed is in its report.
  await run(process.execPath, argv, { cwd: folder, env }).catch(() => undefined);
  const { numPassedTests, testResults } = JSON.parse(await readFile(file, 'utf8')) as {
    numPassedTests: number;
    testResults: { message: string; assertionResults: { failureMessages: string[] }[] }[];
  };
  const failed = testResults.flatMap(({ message, assertionResults }) => [
    message,
    ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
  ]);
  return { passed: numPassedTests, failed: failed.filter((text) => text !== '').join('\n') };
}
