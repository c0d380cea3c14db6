import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonMatch, Lifetime, Match, Profile, ProfileData, RouteRule, Rule } from '../src/core/profile.ts';
import * as index from '../src/profiles/index.ts';

// The tables of docs/providers.md, from the profiles. `node scripts/profile-table.ts` writes them, `--check` only says whether they differ; a file may
// be named.

const NONE = '-';
const OPEN = '<!-- tables: node scripts/profile-table.ts -->';
const CLOSE = '<!-- end -->';

const profiles: readonly (readonly [name: string, data: ProfileData])[] = [
  ['ietf', index.ietf({ keyLifetime: '24h' }).data] as const,
  ...Object.entries(index)
    .filter((entry): entry is [string, Profile] => typeof entry[1] === 'object')
    .map(([name, { data }]) => [name, data] as const),
].toSorted(([one], [other]) => (one < other ? -1 : 1));

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Column = readonly [title: string, cell: (data: ProfileData) => string];

const SENT: readonly Column[] = [
  ['the key', keyCell],
  ['honoured on', routesCell],
  ['lives', lifetimeCell],
  [
    '2xx / 4xx / 400, 422 / 5xx kept',
    ({ stores: s }) => [s.success, s.clientErrors, s.validation, s.serverErrors].map(mark).join(' / '),
  ],
  ['202', ({ accepted }) => accepted],
  ['pages', ({ cors }) => mark(cors.callable)],
];

const ANSWERED: readonly Column[] = [
  ['in progress', rulesCell((rule) => rule.means === 'in-progress')],
  ['another request', rulesCell(({ means }) => typeof means === 'object' && means.doubt === 'key-mismatch')],
  ['shows a replay', replayCell],
  ['it happened', rulesCell(({ means }) => means === 'recover' || means === 'done')],
  ['a refusal, also after a lost answer', refusalCell],
  ['in doubt at once', rulesCell(({ means }) => typeof means === 'object' && means.doubt !== 'key-mismatch')],
  [
    'is looked up',
    ({ recover }) =>
      recover ? `\`GET ${recover.url}\`${recover.when === 'doubt' ? ', before every doubt' : ''}` : NONE,
  ],
];

const [file = join(import.meta.dirname, '../docs/providers.md')] = process.argv
  .slice(2)
  .filter((one) => one !== '--check');
const before = readFileSync(file, 'utf8');
const after = withTables(before);
if (!process.argv.includes('--check')) {
  writeFileSync(file, after);
} else if (after !== before) {
  console.error(`${file} differs from the profiles. Write its tables anew: node scripts/profile-table.ts`);
  process.exitCode = 1;
}

function withTables(page: string): string {
  const from = page.indexOf(OPEN);
  const to = page.indexOf(CLOSE, from);
  if (from < 0 || to < 0) throw new Error(`${file} has no place for the tables, from ${OPEN} to ${CLOSE}`);
  const tables = `### What is sent and kept\n\n${table(SENT)}\n\n### What is answered\n\n${table(ANSWERED)}`;
  return `${page.slice(0, from)}${OPEN}\n\n${tables}\n\n${page.slice(to)}`;
}

function table(columns: readonly Column[]): string {
  const rows = profiles.map(([name, data]) => [
    `[\`${name}\`](../src/profiles/${data.name}.ts)`,
    ...columns.map(([, cell]) => cell(data).replaceAll('|', '\\|')),
  ]);
  const lines = [['profile', ...columns.map(([title]) => title)], ['---', ...columns.map(() => '---')], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function mark(fact: 'yes' | 'no' | 'unknown'): string {
  return fact === 'unknown' ? '?' : fact;
}

function rulesOfRoutes({ routes }: ProfileData): readonly RouteRule[] {
  return Object.values(routes).map((rule) => (typeof rule === 'string' ? { honoured: rule } : rule));
}

function keyCell(data: ProfileData): string {
  const { carrier, key } = data;
  const name = carrier.kind === 'header' ? `\`${carrier.name}\`` : `\`${carrier.path}\` in the body`;
  if (key.uuidOnly) return `${name}, a UUID${data.firstSent ? `; \`${data.firstSent}\`` : ''}`;
  const limits = [key.limit, ...rulesOfRoutes(data).flatMap(({ keyLimit }) => keyLimit ?? [])];
  const most = span(Math.min(...limits), Math.max(...limits), String);
  return `${name}, at most ${most} characters${most.includes(' ') ? ' by route' : ''}`;
}

function routesCell({ routes }: ProfileData): string {
  const honoured = Object.entries(routes).filter(
    ([, rule]) => (typeof rule === 'string' ? rule : rule.honoured) === 'yes',
  );
  const names = honoured.map(([route]) => `\`${route}\``);
  return names.length > 4 ? `${names.length} patterns, ${names[0]} first` : names.join(', ');
}

function lifetimeCell(data: ProfileData): string {
  const all = [data.lifetime, ...rulesOfRoutes(data).flatMap(({ lifetime }) => lifetime ?? [])];
  if (data.name === 'ietf') return 'as you say';
  const known = all.flatMap((one) => ('ms' in one ? one.ms : []));
  if (known.length < all.length)
    return data.lifetime.kind === 'forever' ? 'for ever' : 'unpublished: 5 min, or as you say';
  const text = span(Math.min(...known), Math.max(...known), duration);
  return `${data.lifetime.kind === 'floor' ? 'at least ' : ''}${text}${text.includes(' to ') ? ' by route' : ''}${from(data.lifetime)}`;
}

function from({ from: start = 'first-use' }: Lifetime): string {
  return { 'first-use': '', completion: ', from completion', 'first-sent': ', from the time sent along' }[start];
}

function span(least: number, most: number, shown: (one: number) => string): string {
  return least === most ? shown(least) : `${shown(least)} to ${shown(most)}`;
}

function duration(ms: number): string {
  if (ms >= 3 * DAY) return `${ms / DAY} d`;
  return ms >= HOUR ? `${ms / HOUR} h` : `${ms / 60_000} min`;
}

function rulesCell(wanted: (rule: Rule) => boolean): (data: ProfileData) => string {
  return ({ rules }) => rules.filter(wanted).map(ruleText).join('; ') || NONE;
}

function replayCell({ replay, answers }: ProfileData): string {
  if (replay) return `\`${replay.header}: ${replay.equals}\``;
  return answers.replay ? `status ${answers.replay.status}` : NONE;
}

function refusalCell({ rejections, rules }: ProfileData): string {
  const named = rules.filter(({ means, context }) => means === 'rejected' && context !== 'first').map(ruleText);
  return [...rejections.later.map(String), ...named].join('; ') || 'none';
}

function ruleText({ when, context }: Rule): string {
  return `${matchText(when)}${context === 'first' ? ' (first)' : context === 'later' ? ' (later)' : ''}`;
}

function matchText({ status, header, json, any }: Match): string {
  const value = header?.equals ?? header?.includes;
  return [
    statusText(status),
    header &&
      (header.name === 'content-type'
        ? value?.includes('problem')
          ? 'problem+json'
          : 'JSON'
        : `\`${header.name}${value ? `: ${value}` : ''}\``),
    ...[json ?? []].flat().map(jsonText),
    any && `(${any.map(matchText).join(' or ')})`,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(' ');
}

function statusText(status: Match['status']): string {
  if (status === undefined) return '';
  if (typeof status === 'number') return String(status);
  return 'from' in status ? `${status.from}-${status.to}` : status.join(', ');
}

function jsonText({ path, equals, in: list, endsIn }: JsonMatch): string {
  if (equals !== undefined) return typeof equals === 'string' ? `\`${equals}\`` : `\`${path}: ${equals}\``;
  if (list) return [...new Set(list.map(String))].map((one) => `\`${one}\``).join(', ');
  return endsIn ? `\`${path}\` ending in ${endsIn.join(', ')}` : `\`${path}\``;
}
