import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { figure } from './numbers.ts';

/** Where and with what a run was made, as lines of a list. */
export function describeMachine(fileSystem: string, browser: string | undefined): string[] {
  const packages = [
    'lmdb',
    'classic-level',
    'write-file-atomic',
    'idb-keyval',
    'ky',
    'p-retry',
    'uuid',
    'axios',
    'axios-retry',
    'got',
  ];
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `machine: ${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${figure(totalmem() / 2 ** 30, ' GiB')}`,
    `system: ${type()} ${release()}, ${fileSystem}, load average at the end ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
    `Node ${process.versions.node} (V8 ${process.versions.v8}, SQLite ${process.versions['sqlite'] ?? '-'}), ${browser ?? 'no Chromium'}`,
    `packages: ${packages.map((name) => `${name} ${versionOf(name)}`).join(', ')}`,
  ];
}

function versionOf(name: string): string {
  const path = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
