import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../core/errors/usage-error.ts';
import { type Failure, newTally, type Tally } from '../testing/simulate/campaign.ts';
import { isPlan, type Plan } from '../testing/simulate/plan.ts';
import { textCode } from '../testing/simulate/seeded.ts';

/** A plan by itself, or what was saved of a broken promise. @throws UsageError */
export function readPlan(file: string): Plan {
  const read = readJson(file) as { readonly plan?: unknown };
  const plan = read.plan ?? read;
  if (isPlan(plan)) return plan;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${file} holds no plan of this version.`);
}

/** Keeps a broken promise. @returns the name of the file */
export function savePlan(directory: string, { invariant, what, plan }: Failure): string {
  const name = `onceward-plan-${invariant}-${(textCode(JSON.stringify(plan)) >>> 0).toString(16)}.json`;
  const file = join(directory, name);
  writeFileSync(file, `${JSON.stringify({ invariant, what, plan }, undefined, 2)}\n`);
  return file;
}

/** How far a campaign had come. */
export interface Progress {
  readonly tally: Tally;
  readonly cpuSeconds: number;
}

export function readProgress(file: string | undefined): Progress {
  if (file === undefined) return { tally: newTally(), cpuSeconds: 0 };
  try {
    return readJson(file) as Progress;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { tally: newTally(), cpuSeconds: 0 };
    throw error;
  }
}

/** Beside it first: a run that is killed here must not lose what the last one had. */
export function saveProgress(file: string | undefined, progress: Progress): void {
  if (file === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify(progress));
  renameSync(`${file}.new`, file);
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
