import { parseArgs } from 'node:util';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Duration } from '../core/types.ts';
import type { VerifyOptions } from '../verify/index.ts';
import { PROFILE_NAMES, profileNamed } from './profile-named.ts';

export const VERIFY_HELP: string = `Usage: onceward verify <url> --request <file> [options]

Sends real requests to <url>, some twice, some at once, some cut off half way,
and says what the server makes of their idempotency keys, in 25 cases. Use a
test system: what the requests do is done.

      --request <file>     JSON template, {{n}} is unique per call, or a module:
                           export default (n) => ({ path, json })
      --invalid-request <file>  one that is refused as invalid, for C04
      --effects <url|file> how to count effects: GET, {{n}} replaced, answers
                           {"count": 1}; or a module: async (n) => 1.
                           Without it verdicts are weak
      --profile <name>     what to expect; see below               [ietf]
      --key-lifetime <time>  how long a key is kept: 5m, 24h       [profile]
      --only <ids>         e.g. C02,C06            --skip <ids>
      --repeat <n>         tries of cases that depend on timing    [20]
      --soak <n>           keys of C25               [1000; elsewhere 100]
      --rate <n>           requests a second      [no limit; elsewhere 10]
      --seed <n>           of what is drawn at random
      --hooks <file>       module: crash(), restart(), advance(ms),
                           slow(n, ms), fail(n, status)
      --slow <time>        what slow is asked for                  [5s]
      --patience <time>    for a key to come to its end            [60s]
      --header <h>         'authorization: Bearer ...'; may be repeated
      --second-header <h>  the same, of a second tenant
      --dry-run            print what would be sent
      --i-own-this-server  required unless the host is this machine
      --json, --tap        what is printed instead of the table
      --junit <file>       --html <file>  written besides
  -h, --help   -v, --version

  onceward verify http://localhost:3000 --request charge.json \\
    --effects 'http://localhost:3000/test/effects/{{n}}' --junit onceward.xml

Profiles: ${PROFILE_NAMES.slice(0, 6).join(', ')},
${PROFILE_NAMES.slice(6).join(', ')};
or a .json file with the facts that defineProfile takes
Exit status: 0 nothing found   1 a case failed   2 inconclusive, or not run
`;

/** What the command line of `onceward verify` says. */
export interface VerifyArguments {
  readonly show?: 'help' | 'version';
  readonly url: string;
  /** Files, and for effects perhaps a URL. */
  readonly request: string | undefined;
  readonly invalidRequest: string | undefined;
  readonly effects: string | undefined;
  readonly hooks: string | undefined;
  readonly print: 'text' | 'json' | 'tap';
  readonly junit: string | undefined;
  readonly html: string | undefined;
  readonly verify: Omit<VerifyOptions, 'url' | 'request'>;
}

const OPTIONS = {
  request: { type: 'string' },
  'invalid-request': { type: 'string' },
  effects: { type: 'string' },
  profile: { type: 'string', default: 'ietf' },
  'key-lifetime': { type: 'string' },
  only: { type: 'string' },
  skip: { type: 'string' },
  repeat: { type: 'string' },
  soak: { type: 'string' },
  rate: { type: 'string' },
  seed: { type: 'string' },
  hooks: { type: 'string' },
  slow: { type: 'string' },
  patience: { type: 'string' },
  header: { type: 'string', multiple: true },
  'second-header': { type: 'string', multiple: true },
  'dry-run': { type: 'boolean', default: false },
  'i-own-this-server': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  tap: { type: 'boolean', default: false },
  junit: { type: 'string' },
  html: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const;

/** @throws TypeError of parseArgs, or UsageError: both with a message for whoever typed it */
export function verifyArguments(argv: readonly string[]): VerifyArguments {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: OPTIONS });
  const asks = !values.help && !values.version;
  if (asks && positionals.length !== 1) {
    throw invalid(
      `onceward verify takes one URL; got ${positionals.length === 0 ? 'none' : positionals.join(' and ')}.`,
    );
  }
  if (asks && values.request === undefined) throw invalid('--request is missing: what to send, with {{n}} in it.');
  if (values.json && values.tap) throw invalid('--json and --tap exclude each other.');
  const second = values['second-header'] ?? [];
  return {
    ...(values.help ? { show: 'help' as const } : values.version ? { show: 'version' as const } : {}),
    url: positionals[0] ?? '',
    request: values.request,
    invalidRequest: values['invalid-request'],
    effects: values.effects,
    hooks: values.hooks,
    print: values.json ? 'json' : values.tap ? 'tap' : 'text',
    junit: values.junit,
    html: values.html,
    verify: {
      profile: profileNamed(values.profile).with(durationOf('keyLifetime', '--key-lifetime', values['key-lifetime'])),
      headers: headersOf('--header', values.header ?? []),
      ...(second.length > 0 && { secondHeaders: headersOf('--second-header', second) }),
      ...(values.only !== undefined && { only: idsOf(values.only) }),
      ...(values.skip !== undefined && { skip: idsOf(values.skip) }),
      ...numberOf('repeat', values.repeat),
      ...numberOf('soak', values.soak),
      ...numberOf('rate', values.rate),
      ...numberOf('seed', values.seed),
      limits: {
        ...durationOf('slow', '--slow', values.slow),
        ...durationOf('patience', '--patience', values.patience),
      },
      dryRun: values['dry-run'],
      ownServer: values['i-own-this-server'],
    },
  };
}

function idsOf(text: string): string[] {
  return text.split(',').map((id) => id.trim().toUpperCase());
}

function headersOf(option: string, lines: readonly string[]): [string, string][] {
  return lines.map((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(line) ?? [];
    // The line may be a credential: it is not repeated.
    if (name === undefined || value === undefined) throw invalid(`${option} is 'name: value'.`);
    return [name, value];
  });
}

function numberOf(name: 'repeat' | 'soak' | 'rate' | 'seed', text: string | undefined): { [name: string]: number } {
  if (text === undefined) return {};
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw invalid(`--${name} is a number; got '${text}'.`);
  return { [name]: Number(text) };
}

/** On a command line '1000' would be milliseconds to some and seconds to others. */
function durationOf(
  name: 'slow' | 'patience' | 'keyLifetime',
  option: string,
  text: string | undefined,
): { [name: string]: Duration } {
  if (text === undefined) return {};
  if (!/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) {
    throw invalid(`${option} is a time with its unit: 500ms, 5s, 24h; got '${text}'.`);
  }
  return { [name]: text as Duration };
}

export function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
