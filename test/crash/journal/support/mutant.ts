import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A fault of the protocol, as somebody might write it, and the test that must notice. */
export interface Mutant {
  readonly name: string;
  /** Below src/journal/file. */
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly text: string;
  readonly replacement: string;
  /** Below test. */
  readonly testFile: string;
  readonly test: string;
}

/** By title, for the tests that were run: passed or failed. */
export type Verdicts = ReadonlyMap<string, string>;

const ROOT = join(import.meta.dirname, '../../../..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/** Of the whole project only what the tests of the file journal need. */
const PARTS = ['src', 'test/journal/file', 'test/crash/support', 'package.json', 'tsconfig.json'];
const CONFIG = `export default { test: { include: ['test/journal/file/**/*.test.ts'], testTimeout: 60_000 } };`;

/** What becomes of the test of a mutant in a copy of the project in which it lives.
 *  @throws Error where the text of the mutant is not there, or there twice */
export function verdictsOf(mutant: Mutant): Promise<Verdicts> {
  return inCopy(selecting([mutant]), mutant);
}

/** What becomes of the same tests where nothing was changed: what fails in a copy fails by the mutant, not by the copy. */
export function healthyVerdicts(mutants: readonly Mutant[]): Promise<Verdicts> {
  return inCopy(selecting(mutants));
}

function selecting(mutants: readonly Mutant[]): string[] {
  const tests = new Set(mutants.map(({ test }) => test.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)));
  const files = new Set(mutants.map(({ testFile }) => `test/${testFile}`));
  return [...files, '-t', [...tests].join('|')];
}

async function inCopy(chosen: readonly string[], mutant?: Mutant): Promise<Verdicts> {
  const copy = await mkdtemp(join(tmpdir(), 'onceward-mutant-'));
  try {
    await Promise.all(PARTS.map((part) => cp(join(ROOT, part), join(copy, part), { recursive: true })));
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    await writeFile(join(copy, 'vitest.config.mjs'), CONFIG);
    if (mutant !== undefined) await implant(copy, mutant);
    return await run(copy, chosen);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function implant(copy: string, { name, file, text, replacement }: Mutant): Promise<void> {
  const path = join(copy, 'src/journal/file', file);
  const source = await readFile(path, 'utf8');
  const found = source.split(text).length - 1;
  if (found !== 1) throw new Error(`Mutant '${name}': its text stands in ${file} ${found} times. Write it anew.`);
  await writeFile(
    path,
    source.replace(text, () => replacement),
  );
}

async function run(copy: string, chosen: readonly string[]): Promise<Verdicts> {
  const report = join(copy, 'report.json');
  const args = ['run', ...chosen, '--reporter=json', `--outputFile=${report}`];
  // What tells a worker of vitest that it is one would confuse the inner run.
  const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('VITEST')));
  const child = spawn(process.execPath, [VITEST, ...args], { cwd: copy, stdio: 'ignore', env });
  await once(child, 'exit');
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as Report;
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => RAN.has(status));
  return new Map(ran.map(({ title, status }) => [title, status]));
}

const RAN: ReadonlySet<string> = new Set(['passed', 'failed']);

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}
