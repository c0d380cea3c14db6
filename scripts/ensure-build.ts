import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

// Builds if `dist` is missing or older than what it is made of. Runs before tests, demo and examples, and not as npm's `prepare`: an install
// then builds nothing nobody asked for, and a change in `src` is never tested against an old build.

const root = join(import.meta.dirname, '..');
// Folders too: a file that was removed leaves only their time.
const sources = ['src', ...globSync(['src/**', 'package.json', 'tsup.config.ts', 'tsconfig*.json'], { cwd: root })];
// Entries of both halves of a build.
const built = ['dist/index.js', 'dist/index.d.ts', 'dist/cli/onceward.js', 'dist/cli/onceward.d.ts'];

if (!isFresh()) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  // A wrong type is told, by check:types and the build too; it does not keep the tests from running.
  process.exitCode = isFresh() ? 0 : (status ?? 1);
}

function isFresh(): boolean {
  return Math.max(...sources.map(modified)) < Math.min(...built.map(modified));
}

/** 0 where it is missing. */
function modified(path: string): number {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
