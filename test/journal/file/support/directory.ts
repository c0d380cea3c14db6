import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that exists only while the test runs. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-file-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export function logOf(directory: string): string {
  return join(directory, '00000001.log');
}

/** The batches of a log, as they were written, the header first. */
export async function linesOf(directory: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(logOf(directory), 'utf8');
  return text
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line.slice(8)) as Record<string, unknown>]));
}
