import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

const GENERATION = /^(\d{8,})\.log$/;

/** What a generation is replaced with once the next one has its content. The name stays: a process that slept since the last compaction but
 *  one could otherwise link its old snapshot under it, and there would be two logs. */
export const RETIRED: Buffer = Buffer.from('\nretired\n');

export function generationPath(directory: string, generation: number): string {
  return join(directory, `${String(generation).padStart(8, '0')}.log`);
}

/** The numbers among the names of a directory, lowest first. */
export function generationsIn(names: readonly string[]): readonly number[] {
  return names
    .flatMap((name) => GENERATION.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** Always a fresh name: an old one may be a second name of a log in use, which writing into it would destroy. */
export function temporaryPath(directory: string): string {
  return join(directory, `tmp-${randomUUID()}`);
}

export function isTemporary(name: string): boolean {
  return name.startsWith('tmp-');
}
