import { parseArgs } from 'node:util';
import { milliseconds } from '../core/duration.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import { DEFAULT_RETENTION, type Retention } from '../core/retention.ts';
import type { Duration, OperationStatus } from '../core/types.ts';

export const JOURNAL_HELP: string = `Usage: onceward journal <action> <directory> [id] [options]

Looks into the directory of a file journal, and decides what is in doubt. Safe
while the application runs: reading claims nothing and sends nothing.

  list      one line per operation, the newest last
  show      one operation as a timeline; no body, no header, key shortened
  doctor    checks directory, file system, damage, space; says what to do
  export    redacted JSON to attach to a bug report
  resolve   decide an operation that is in doubt      --done | --none
  discard   end an operation                          --even-if-possibly-sent
  prune     drop what is past its retention, and compact the log

      --status <s>             pending, succeeded, rejected, not-sent, in-doubt
                               or discarded; may be repeated      (list, export)
      --since <2h|2026-11-01>  created since then                 (list, export)
      --owner <o>              one owner only
      --client <name>          one client only: its name, or what it is by
                               default: base URL, space, profile
      --show-key               print the whole key: whoever has it may read the
                               response that the server keeps     (show)
      --ids                    keep the operations' names         (export)
      --attempt-timeout <t>    the client's: --none waits for it   [30s]
      --response <t>           keep answers so long  (prune)      [24h]
      --record <t>             keep records so long  (prune)      [400d]
      --yes                    do not ask            (resolve, discard)
      --json                   one JSON object per line
  -h, --help   -v, --version

  onceward journal list /var/lib/app/onceward --status in-doubt
  onceward journal resolve /var/lib/app/onceward cart/8f3 --done

Exit status: 0 fine   1 something is wrong, or the journal's rules refuse it
             2 could not run (usage, set-up)
`;

export type Action = 'list' | 'show' | 'doctor' | 'export' | 'resolve' | 'discard' | 'prune';

const OPTIONS = {
  status: { type: 'string', multiple: true },
  since: { type: 'string' },
  owner: { type: 'string' },
  client: { type: 'string' },
  'show-key': { type: 'boolean' },
  ids: { type: 'boolean' },
  done: { type: 'boolean' },
  none: { type: 'boolean' },
  'attempt-timeout': { type: 'string' },
  'even-if-possibly-sent': { type: 'boolean' },
  response: { type: 'string' },
  record: { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type OptionName = keyof typeof OPTIONS;

/** Whether an action is about one operation, and which options mean something to it, beside --json. */
const ACTIONS: Readonly<
  Record<Action, { readonly id: 'none' | 'optional' | 'required'; readonly takes: readonly OptionName[] }>
> = {
  list: { id: 'none', takes: ['status', 'since', 'owner', 'client'] },
  show: { id: 'required', takes: ['owner', 'client', 'show-key', 'attempt-timeout'] },
  doctor: { id: 'none', takes: [] },
  export: { id: 'optional', takes: ['status', 'since', 'owner', 'client', 'ids'] },
  resolve: { id: 'required', takes: ['owner', 'client', 'done', 'none', 'attempt-timeout', 'yes'] },
  discard: { id: 'required', takes: ['owner', 'client', 'even-if-possibly-sent', 'yes'] },
  prune: { id: 'none', takes: ['response', 'record'] },
};

const STATUSES: readonly OperationStatus[] = ['pending', 'succeeded', 'rejected', 'not-sent', 'in-doubt', 'discarded'];

/** Which operations are meant. */
export interface Narrowed {
  readonly statuses: ReadonlySet<OperationStatus> | undefined;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly owner: string | undefined;
  readonly client: string | undefined;
}

/** What the command line of `onceward journal` says. */
export interface JournalArguments {
  readonly action: Action;
  readonly directory: string;
  /** As it was typed; empty where none was. */
  readonly id: string;
  readonly narrowed: Narrowed;
  readonly showKey: boolean;
  readonly ids: boolean;
  readonly verdict: 'done' | 'none';
  readonly attemptTimeout: number;
  readonly evenIfPossiblySent: boolean;
  readonly retention: Retention;
  readonly yes: boolean;
  readonly json: boolean;
}

/** @throws TypeError of parseArgs, or UsageError: both with a message for whoever typed it */
export function journalArguments(argv: readonly string[], now: number): JournalArguments | 'help' | 'version' {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  if (values.help) return 'help';
  if (values.version) return 'version';
  const [action, directory, id, ...more] = positionals;
  const known = readAction(action);
  if (directory === undefined || directory === '') throw invalid('The journal directory is missing.');
  if (more.length > 0 || (id !== undefined && ACTIONS[known].id === 'none')) {
    throw invalid(`journal ${known} does not know what '${more[0] ?? id}' is.`);
  }
  if (!id && ACTIONS[known].id === 'required') {
    throw invalid(`journal ${known} needs the id of an operation. 'onceward journal list' shows them.`);
  }
  const stray = (Object.keys(values) as OptionName[]).find(
    (name) => name !== 'json' && !ACTIONS[known].takes.includes(name),
  );
  if (stray !== undefined) throw invalid(`journal ${known} has no option --${stray}.`);
  if (known === 'resolve' && (values.done === true) === (values.none === true)) {
    throw invalid('journal resolve needs --done (it happened) or --none (it did not, and will not).');
  }
  return {
    action: known,
    directory,
    id: id ?? '',
    narrowed: {
      statuses: statusesOf(values.status),
      since: values.since === undefined ? undefined : timeOf(values.since, now),
      owner: values.owner,
      client: values.client,
    },
    showKey: values['show-key'] ?? false,
    ids: values.ids ?? false,
    verdict: values.none ? 'none' : 'done',
    attemptTimeout: durationOf(values['attempt-timeout'] ?? '30s', '--attempt-timeout'),
    evenIfPossiblySent: values['even-if-possibly-sent'] ?? false,
    retention: {
      response: values.response === undefined ? DEFAULT_RETENTION.response : durationOf(values.response, '--response'),
      record: values.record === undefined ? DEFAULT_RETENTION.record : durationOf(values.record, '--record'),
    },
    yes: values.yes ?? false,
    json: values.json ?? false,
  };
}

function readAction(text: string | undefined): Action {
  if (text === undefined) throw invalid('An action is missing.');
  if (Object.hasOwn(ACTIONS, text)) return text as Action;
  throw invalid(`There is no action '${text}'. There are ${Object.keys(ACTIONS).join(', ')}.`);
}

function statusesOf(given: readonly string[] | undefined): ReadonlySet<OperationStatus> | undefined {
  if (given === undefined) return undefined;
  const wrong = given.find((one) => !(STATUSES as readonly string[]).includes(one));
  if (wrong !== undefined) throw invalid(`--status is one of ${STATUSES.join(', ')}; got '${wrong}'.`);
  return new Set(given as OperationStatus[]);
}

/** So long ago, or since a day or moment. */
function timeOf(text: string, now: number): number {
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) return now - milliseconds(text as Duration, '--since');
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw invalid(`--since is how long ago (30m, 2h, 7d) or a date (2026-11-01, 2026-11-01T08:00:00Z); got '${text}'.`);
}

/** On a command line '1000' would be milliseconds to some and seconds to others. */
function durationOf(text: string, name: string): number {
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(text)) return milliseconds(text as Duration, name);
  throw invalid(`${name} is a time with its unit: 30s, 5m, 24h, 7d; got '${text}'.`);
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
