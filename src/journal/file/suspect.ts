import { join } from 'node:path';
import { codeOf } from './failure.ts';
import type { LogIo } from './log-io.ts';

const NAME = /^suspect-(\d+)$/;

interface Place {
  readonly directory: string;
  readonly io: LogIo;
}

/** A flush of this generation failed: what the page cache shows of it may be on no disk, and a process that starts now is not told so by the
 *  system. Whoever opens it writes a new file first. The mark itself need not be durable: the restart of the machine that takes it away takes
 *  the page cache too. Best effort: nothing else can be done where it fails. */
export function markSuspect(place: Place, generation: number): void {
  const { io } = place;
  try {
    io.close(io.create(pathOf(place, generation)));
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

export function isSuspect(place: Place, generation: number): boolean {
  return place.io.look(pathOf(place, generation)) !== undefined;
}

/** The generation that a name in the directory marks. */
export function suspectIn(name: string): number | undefined {
  const found = NAME.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

function pathOf({ directory }: Place, generation: number): string {
  return join(directory, `suspect-${generation}`);
}
