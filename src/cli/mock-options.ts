import { parseArgs } from 'node:util';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Profile } from '../core/profile.ts';
import type { Duration } from '../core/types.ts';
import type { Fault, MockOptions } from '../mock/types.ts';
import * as profiles from '../profiles/index.ts';

/** Every profile that needs no option, and the generic one with the lifetime that is common. */
const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [profiles.ietf({ keyLifetime: '24h' }), ...Object.values(profiles).filter((one) => typeof one === 'object')].map(
    (profile) => [profile.name, profile],
  ),
);
const NAMES = [...PROFILES.keys()];

export const MOCK_HELP: string = `Usage: onceward mock [options]

Answers every POST, PUT, PATCH and DELETE with 201 and an id, once for each
idempotency key. What happened: GET /__onceward/ledger and /__onceward/effects.

  -p, --port <n>             port; 0 picks a free one                [4010]
      --host <address>       address to listen on                    [127.0.0.1]
      --profile <name>       whose dialect to speak; see below       [ietf]
      --key-lifetime <time>  how long a key is kept: 30s, 5m, 24h    [profile]
      --in-progress <how>    conflict | wait | accepted              [conflict]
      --fault <kind>         next request only; may be repeated. reset-before,
                             reset-after, lose-response, truncate, stall,
                             duplicate, status:503 ...
      --cors <origin>        allow and expose what browsers need     [off]
      --json                 one JSON object per line
  -h, --help   -v, --version

  onceward mock --port 4010 --fault lose-response
  onceward mock --profile stripe-v1 --in-progress wait

Profiles: ${NAMES.slice(0, 6).join(', ')},
${NAMES.slice(6).join(', ')}
`;

/** What the command line of `onceward mock` says. */
export interface MockArguments {
  readonly show?: 'help' | 'version';
  readonly port: number;
  readonly host: string;
  readonly json: boolean;
  readonly faults: readonly Fault[];
  readonly mock: MockOptions;
}

/** @throws TypeError of parseArgs, or UsageError: both with a message for whoever typed it */
export function mockArguments(argv: readonly string[]): MockArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: { type: 'string', short: 'p', default: '4010' },
      host: { type: 'string', default: '127.0.0.1' },
      profile: { type: 'string', default: 'ietf' },
      'key-lifetime': { type: 'string' },
      'in-progress': { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      cors: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false },
    },
  });
  const lifetime = values['key-lifetime'];
  const inProgress = values['in-progress'];
  return {
    ...(values.help ? { show: 'help' as const } : values.version ? { show: 'version' as const } : {}),
    port: portOf(values.port),
    host: values.host,
    json: values.json,
    // createMock and fail say what is wrong with any of these.
    faults: values.fault as Fault[],
    mock: {
      profile: profileNamed(values.profile),
      ...(lifetime !== undefined && { keyLifetime: durationOf(lifetime) }),
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

function profileNamed(name: string): Profile {
  const profile = PROFILES.get(name);
  if (profile) return profile;
  throw invalid(`--profile is one of ${NAMES.join(', ')}; got '${name}'.`);
}

/** On a command line '1000' would be milliseconds to some and seconds to others. */
function durationOf(text: string): Duration {
  if (!/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) {
    throw invalid(`--key-lifetime is a time with its unit: 30s, 5m, 24h, 7d; got '${text}'.`);
  }
  return text as Duration;
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
