import { parseArgs } from 'node:util';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Duration } from '../core/types.ts';
import type { Fault, MockOptions } from '../mock/types.ts';
import { PROFILE_NAMES, profileNamed } from './profile-named.ts';

export const MOCK_HELP: string = `Usage: onceward mock [routes] [options]

Serves the routes of a module (its default export, as in createMock), or answers
every POST, PUT, PATCH and DELETE with 201 and an id, once for each idempotency
key. What happened, live: http://localhost:4010/__onceward

  -p, --port <n>             port; 0 picks a free one                [4010]
      --host <address>       address to listen on                    [127.0.0.1]
      --profile <name>       whose dialect to speak; see below       [ietf]
      --key-lifetime <time>  how long a key is kept: 30s, 5m, 24h    [profile]
      --in-progress <how>    conflict | wait | accepted              [conflict]
      --wait-limit <time>    how long wait holds a repeat            [30s]
      --lease <time>         how long a running request keeps its key,
                             its server's death included             [none]
      --no-atomic            effect and answer are stored apart: a crash in
                             between doubles, as in careless servers
      --ledger <dir>         keep effects and answers on disk; a crash fault
                             then kills this process: start it again on <dir>
      --fault <kind>         next request only; may be repeated. refuse, stall,
                             reset-before, reset-after, lose-response, truncate,
                             duplicate, zombie, misdirected, status:503,
                             crash:before-effect, crash:before-store,
                             crash:after-store
      --plan <file>          faults as a JSON array; exit 1 if some are left
      --chaos <seed:rate>    faults at random: 7:0.2 is every fifth request
      --cors <origin>        allow and expose what browsers need     [off]
      --json, --pretty       how lines are written     [pretty on a terminal]
  -h, --help   -v, --version
Exit status: 0 fine   1 faults of --plan that none met   2 could not run

  onceward mock --port 4010 --fault lose-response
  onceward mock ./routes.ts --plan outage.json --ledger .ledger

Profiles: ${PROFILE_NAMES.slice(0, 6).join(', ')},
${PROFILE_NAMES.slice(6).join(', ')};
or a .json file with the facts that defineProfile takes
`;

/** What the command line of `onceward mock` says. */
export interface MockArguments {
  readonly show?: 'help' | 'version';
  readonly port: number;
  readonly host: string;
  /** Undefined: pretty on a terminal. */
  readonly json: boolean | undefined;
  /** The module with the routes. */
  readonly routes: string | undefined;
  /** The file with the plan. */
  readonly plan: string | undefined;
  readonly ledger: string | undefined;
  readonly faults: readonly Fault[];
  readonly mock: MockOptions;
}

/** @throws TypeError of parseArgs, or UsageError: both with a message for whoever typed it */
export function mockArguments(argv: readonly string[]): MockArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    allowNegative: true,
    options: {
      port: { type: 'string', short: 'p', default: '4010' },
      host: { type: 'string', default: '127.0.0.1' },
      profile: { type: 'string', default: 'ietf' },
      'key-lifetime': { type: 'string' },
      'in-progress': { type: 'string' },
      'wait-limit': { type: 'string' },
      lease: { type: 'string' },
      atomic: { type: 'boolean', default: true },
      ledger: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      plan: { type: 'string' },
      chaos: { type: 'string' },
      cors: { type: 'string' },
      json: { type: 'boolean' },
      pretty: { type: 'boolean' },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  });
  const [routes, ...more] = positionals;
  if (more.length > 0) throw invalid(`onceward mock takes one module of routes; got ${positionals.join(' and ')}.`);
  if (values.json && values.pretty) throw invalid('--json and --pretty exclude each other.');
  const { chaos } = values;
  const inProgress = values['in-progress'];
  return {
    ...(values.help ? { show: 'help' as const } : values.version ? { show: 'version' as const } : {}),
    port: portOf(values.port),
    host: values.host,
    json: values.json ?? (values.pretty ? false : undefined),
    routes,
    plan: values.plan,
    ledger: values.ledger,
    // createMock and fail say what is wrong with any of these.
    faults: values.fault as Fault[],
    mock: {
      profile: profileNamed(values.profile),
      atomic: values.atomic,
      ...durationOf('keyLifetime', '--key-lifetime', values['key-lifetime']),
      ...durationOf('waitLimit', '--wait-limit', values['wait-limit']),
      ...durationOf('lease', '--lease', values.lease),
      ...(chaos !== undefined && { chaos: chaosOf(chaos) }),
      ...(inProgress !== undefined && { inProgress: inProgress as NonNullable<MockOptions['inProgress']> }),
      ...(values.cors !== undefined && { cors: values.cors }),
    },
  };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw invalid(`--port is a number from 0 to 65535; got '${text}'.`);
  return port;
}

/** On a command line '1000' would be milliseconds to some and seconds to others. */
function durationOf(name: keyof MockOptions, option: string, text: string | undefined): { [name: string]: Duration } {
  if (text === undefined) return {};
  if (!/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) {
    throw invalid(`${option} is a time with its unit: 30s, 5m, 24h, 7d; got '${text}'.`);
  }
  return { [name]: text as Duration };
}

function chaosOf(text: string): { seed: number; rate: number } {
  const parts = /^(\d+):(\d*\.?\d+)$/.exec(text);
  if (parts === null) throw invalid(`--chaos is a seed and a rate: 7:0.2; got '${text}'.`);
  return { seed: Number(parts[1]), rate: Number(parts[2]) };
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
