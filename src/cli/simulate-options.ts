import { parseArgs } from 'node:util';
import { UsageError } from '../core/errors/usage-error.ts';
import { MUTANTS } from '../testing/simulate/mutants.ts';

export const SIMULATE_HELP: string = `Usage: onceward simulate [options]

Lives through worlds in which networks lose answers, servers crash, disks keep
what was flushed and processes die at every border, with the client as it is,
and checks that what was promised holds. A world is its plan: the same plan is
the same world. A broken promise is made small, told step by step, and saved.

      --worlds <n>     how many worlds, drawn from seeds; to every 20
                       comes one with the real file journal         [1000]
      --seed <n>       the first seed                               [1]
      --small          before them every small world there is: each crash
                       point, each fault on the first two attempts
      --deep           with --small: also two crashes in a row
      --plan <file>    only this plan, told step by step; may be repeated
      --mutant <name>  with a mistake made on purpose, which must be found
      --mutants        list the mistakes there are
      --resume <file>  go on where the last run stopped; saved every 500 worlds
      --save <dir>     where a broken promise is kept               [.]
  -h, --help   -v, --version
Exit status: 0 every promise held   1 one broke (or, in 20000 worlds and more,
             something never happened that should have)   2 could not run

  onceward simulate --worlds 20000
  onceward simulate --plan onceward-plan-I7-3f2a.json
`;

export interface SimulateArguments {
  readonly show?: 'help' | 'version' | 'mutants';
  readonly worlds: number;
  readonly seed: number;
  readonly small: boolean;
  readonly deep: boolean;
  readonly plans: readonly string[];
  readonly mutant: string | undefined;
  readonly resume: string | undefined;
  readonly save: string;
}

/** @throws TypeError of parseArgs, or UsageError: both with a message for whoever typed it */
export function simulateArguments(argv: readonly string[]): SimulateArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      worlds: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      small: { type: 'boolean', default: false },
      deep: { type: 'boolean', default: false },
      plan: { type: 'string', multiple: true, default: [] },
      mutant: { type: 'string' },
      mutants: { type: 'boolean', default: false },
      resume: { type: 'string' },
      save: { type: 'string', default: '.' },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  });
  const { help, version, mutants, mutant } = values;
  const show = help ? 'help' : version ? 'version' : mutants ? 'mutants' : undefined;
  if (mutant !== undefined && !MUTANTS.some(({ name }) => name === mutant)) {
    throw invalid(`There is no mutant '${mutant}'; there are ${MUTANTS.map(({ name }) => name).join(', ')}.`);
  }
  return {
    ...(show && { show }),
    worlds: whole('--worlds', values.worlds),
    seed: whole('--seed', values.seed),
    small: values.small,
    deep: values.deep,
    plans: values.plan,
    mutant,
    resume: values.resume,
    save: values.save,
  };
}

function whole(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalid(`${option} is a whole number; got '${text}'.`);
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
