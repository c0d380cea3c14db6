import process from 'node:process';
import { explore, type Failure, type Tally } from '../testing/simulate/campaign.ts';
import { failingWrites, smallFilePlans, smallPlans } from '../testing/simulate/exhaustive.ts';
import { MUTANTS } from '../testing/simulate/mutants.ts';
import type { Plan } from '../testing/simulate/plan.ts';
import { rarePlans } from '../testing/simulate/rare.ts';
import { campaignReport, failureReport, gaps } from '../testing/simulate/report.ts';
import { filePlans, swarmPlans } from '../testing/simulate/swarm.ts';
import { FileMedia } from './simulate/file-medium.ts';
import { SIMULATE_HELP, type SimulateArguments, simulateArguments } from './simulate-options.ts';
import { readPlan, readProgress, savePlan, saveProgress } from './simulate-plans.ts';
import { usageError } from './usage-error.ts';
import { packageVersion } from './version.ts';

const HELP = 'onceward simulate --help';

/** From so many worlds on everything that can happen has happened, or the campaign proves less than it says. */
const ENOUGH = 20_000;

const SAVED_EVERY = 500;

/** To so many worlds whose journals are images comes one with file journals: they take ten times as long. */
const FILES = 20;

/** How a campaign came out. */
export interface Simulated {
  readonly tally: Tally;
  readonly cpuSeconds: number;
  readonly failure: Failure | undefined;
}

/** `onceward simulate`: lives through plans, and says which promise broke. */
export async function simulateCommand(argv: readonly string[]): Promise<Simulated | undefined> {
  let given: SimulateArguments;
  try {
    given = simulateArguments(argv);
  } catch (error) {
    usageError(error instanceof Error ? error.message : String(error), HELP);
    return undefined;
  }
  if (given.show !== undefined) {
    print(shown(given.show));
    return undefined;
  }
  try {
    return await run(given);
  } catch (error) {
    usageError(error instanceof Error ? error.message : String(error), HELP);
    return undefined;
  }
}

function shown(what: NonNullable<SimulateArguments['show']>): string {
  if (what === 'help') return SIMULATE_HELP;
  if (what === 'version') return `${packageVersion()}\n`;
  return MUTANTS.map(({ name, what: mistake, oracle }) => `${name.padEnd(28)} ${oracle.padEnd(4)} ${mistake}\n`).join(
    '',
  );
}

async function run(given: SimulateArguments): Promise<Simulated> {
  const { plans: files, resume, save } = given;
  const mutant = MUTANTS.find(({ name }) => name === given.mutant);
  const { tally, cpuSeconds: before } = readProgress(resume);
  const began = process.cpuUsage();
  const spent = (): number => {
    const { user, system } = process.cpuUsage(began);
    return before + (user + system) / 1e6;
  };
  using media = new FileMedia();
  const plans = files.length > 0 ? files.map(readPlan) : campaign(given, tally.worlds);
  const failure = await explore(plans, tally, {
    mutant,
    equip: ({ journal }) => (journal === 'file' ? { medium: media.medium, settled: media.settled } : {}),
    progress: () => {
      if (tally.worlds % SAVED_EVERY === 0) saveProgress(resume, { tally, cpuSeconds: spent() });
    },
  });
  const cpuSeconds = spent();
  if (failure === undefined) saveProgress(resume, { tally, cpuSeconds });
  tell({ tally, cpuSeconds, failure }, { save, replayed: files[0], mutant: given.mutant });
  return { tally, cpuSeconds, failure };
}

/** In an order that never changes, so that one that was put aside goes on behind its last world. */
function* campaign({ small, deep, worlds, seed }: SimulateArguments, done: number): Generator<Plan> {
  let left = done;
  const parts = [
    rarePlans(),
    ...(small ? [failingWrites(), smallPlans(deep), smallFilePlans()] : []),
    swarmPlans(seed, worlds),
    filePlans(seed, Math.ceil(worlds / FILES)),
  ];
  for (const part of parts) {
    for (const plan of part) if (left-- <= 0) yield plan;
  }
}

function tell(
  { tally, cpuSeconds, failure }: Simulated,
  {
    save,
    replayed,
    mutant,
  }: { readonly save: string; readonly replayed: string | undefined; readonly mutant: string | undefined },
): void {
  if (failure !== undefined) {
    const file = replayed ?? savePlan(save, failure);
    const replay = `onceward simulate --plan ${file}${mutant === undefined ? '' : ` --mutant ${mutant}`}`;
    print(`${failureReport(failure, replay)}\n`);
    process.exitCode = 1;
    return;
  }
  print(campaignReport(tally, cpuSeconds));
  const missing = replayed === undefined ? gaps(tally) : '';
  if (missing === '') return;
  print(`${missing}\n`);
  if (tally.worlds >= ENOUGH) process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(text);
}
