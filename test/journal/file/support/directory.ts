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

/** The lines of a log, as they were written, the header first: what is JSON in front, and how many entries follow. */
export async function linesOf(directory: string): Promise<readonly Record<string, unknown>[]> {
  const text = await readFile(logOf(directory), 'utf8');
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const [head = '', ...entries] = line.slice(8).split('\t');
    return [{ ...(JSON.parse(head) as Record<string, unknown>), texts: entries.length }];
  });
}
