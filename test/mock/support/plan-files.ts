import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Fault } from '../../../src/mock/index.ts';

/** The plans of test/mock/plans, as a user keeps them: a file each, JSON. */
export const PLAN_FILES: readonly (readonly [name: string, plan: readonly Fault[]])[] = globSync(
  join(import.meta.dirname, '../plans/*.json'),
)
  .toSorted()
  .map((file) => [basename(file, '.json'), JSON.parse(readFileSync(file, 'utf8')) as readonly Fault[]]);
