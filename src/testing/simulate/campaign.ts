import type { Mutant } from './mutant.ts';
import type { Plan } from './plan.ts';
import { REQUIRED } from './required.ts';
import { type Result, runPlan } from './run-plan.ts';
import { mixed } from './seeded.ts';
import { shrink } from './shrink.ts';
import type { Violation } from './witness.ts';
import type { Step, WorldOptions } from './world.ts';

/** What is known after so many worlds. Plain data: a campaign can be put aside and gone on with. */
export interface Tally {
  worlds: number;
  operations: number;
  charges: number;
  requests: number;
  writes: number;
  crashes: number;
  events: number;
  /** Stands for the histories of all worlds, in their order. */
  hash: number;
  /** Worlds by how many events they had. */
  readonly sizes: Record<string, number>;
  readonly reached: Record<string, number>;
  /** Worlds that were run once more and came to the same end. */
  repeated: number;
}

/** A world in which a promise broke, as small as it could be made. */
export interface Failure {
  readonly invariant: Violation['invariant'] | 'NONDETERMINISM';
  readonly what: string;
  readonly plan: Plan;
  /** The plan as it was met. */
  readonly found: Plan;
  readonly steps: readonly Step[];
}

export interface CampaignOptions {
  readonly mutant?: Mutant | undefined;
  /** What the worlds of some plans need: a disk for file journals. */
  readonly equip?: ((plan: Plan) => Pick<WorldOptions, 'medium' | 'settled'>) | undefined;
  /** Called after each world. */
  readonly progress?: ((tally: Tally) => void | Promise<void>) | undefined;
}

/** Every so many worlds one is run twice. */
const REPEATED = 100;

export function newTally(): Tally {
  return {
    worlds: 0,
    operations: 0,
    charges: 0,
    requests: 0,
    writes: 0,
    crashes: 0,
    events: 0,
    hash: 0,
    sizes: {},
    reached: {},
    repeated: 0,
  };
}

/** Lives through plan after plan until one fails. @returns the failure, or undefined when all have passed */
export async function explore(
  plans: Iterable<Plan>,
  tally: Tally,
  options: CampaignOptions = {},
): Promise<Failure | undefined> {
  const { mutant, equip, progress } = options;
  const live = (plan: Plan, reach: (what: string) => void, steps?: Step[]): Promise<Result> =>
    runPlan(plan, { ...equip?.(plan), reach, mutant, steps });
  const reach = (what: string): void => {
    tally.reached[what] = (tally.reached[what] ?? 0) + 1;
  };
  for (const plan of plans) {
    const result = await live(plan, reach);
    count(tally, result);
    if (result.violation !== undefined) return examined(plan, result, live);
    if (tally.worlds % REPEATED === 0) {
      if (!isSame(result, await live(plan, nobody))) return undetermined(plan);
      tally.repeated++;
    }
    await progress?.(tally);
  }
  return undefined;
}

/** What a campaign ought to have met and did not. */
export function unreached({ reached }: Tally): readonly string[] {
  return REQUIRED.filter((what) => (reached[what] ?? 0) === 0);
}

export function medianOf(sizes: Tally['sizes']): number {
  const all = Object.entries(sizes).map(([size, worlds]) => [Number(size), worlds] as const);
  let left = all.reduce((sum, [, worlds]) => sum + worlds, 0) / 2;
  for (const [size, worlds] of all.toSorted(([a], [b]) => a - b)) {
    left -= worlds;
    if (left <= 0) return size;
  }
  return 0;
}

/** Run again: what cannot be repeated cannot be believed. Then made smaller, and told step by step. */
async function examined(
  plan: Plan,
  first: Result,
  live: (plan: Plan, reach: (what: string) => void, steps?: Step[]) => Promise<Result>,
): Promise<Failure> {
  if (!isSame(first, await live(plan, nobody))) return undetermined(plan);
  const { violation } = first;
  const fails = async (one: Plan): Promise<boolean> =>
    (await live(one, nobody)).violation?.invariant === violation?.invariant;
  const small = await shrink(plan, fails);
  const steps: Step[] = [];
  const last = await live(small, nobody, steps);
  const { invariant, what } = last.violation ?? violation ?? { invariant: 'NONDETERMINISM', what: '' };
  return { invariant, what, plan: small, found: plan, steps };
}

function nobody(): void {
  // What is met in a repetition does not count.
}

function undetermined(plan: Plan): Failure {
  const what =
    'the same plan was lived through twice and came to two ends: something in it reads the time, randomness or the world past its ports';
  return { invariant: 'NONDETERMINISM', what, plan, found: plan, steps: [] };
}

function isSame(a: Result, b: Result): boolean {
  return a.hash === b.hash && a.events === b.events && a.violation?.what === b.violation?.what;
}

function count(tally: Tally, result: Result): void {
  tally.worlds++;
  for (const name of ['operations', 'charges', 'requests', 'writes', 'crashes', 'events'] as const)
    tally[name] += result[name];
  tally.hash = mixed(tally.hash, result.hash) >>> 0;
  tally.sizes[result.events] = (tally.sizes[result.events] ?? 0) + 1;
}
