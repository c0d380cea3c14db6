import { type Failure, medianOf, type Tally, unreached } from './campaign.ts';
import { sequenceDiagram } from './diagram.ts';

/** What a campaign has come to, for people; in Markdown, as it stands in the docs too. */
export function campaignReport(tally: Tally, cpuSeconds: number): string {
  const { worlds, operations, requests, charges, writes, crashes, events, repeated, hash, reached } = tally;
  const rows: readonly (readonly [string, string])[] = [
    ['worlds', number(worlds)],
    ['operations', number(operations)],
    ['requests', number(requests)],
    ['charges', number(charges)],
    ['journal writes', number(writes)],
    ['processes ended', number(crashes)],
    ['events in a world, median', number(medianOf(tally.sizes))],
    ['events', number(events)],
    ['worlds lived through twice, with the same end', number(repeated)],
    ['worlds per CPU-second', number(Math.round(worlds / Math.max(cpuSeconds, 0.001)))],
    ['hash of all histories', hash.toString(16).padStart(8, '0')],
  ];
  const counters = Object.entries(reached).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    '| | |',
    '|---|---:|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| met | times |',
    '|---|---:|',
    ...counters.map(([name, times]) => `| ${name} | ${number(times)} |`),
    '',
  ].join('\n');
}

/** Why a campaign proves less than it should; empty where it proves what it can. */
export function gaps(tally: Tally): string {
  const missing = unreached(tally);
  if (missing.length === 0) return '';
  return `Never met, so nothing is known of it: ${missing.join('; ')}. Run more worlds.`;
}

/** A failure, and the one line that repeats it. */
export function failureReport(failure: Failure, replay: string): string {
  const { invariant, what, plan, steps } = failure;
  return [
    `${invariant}: ${what}`,
    `plan: ${JSON.stringify(plan)}`,
    `replay: ${replay}`,
    ...(steps.length > 0 ? [sequenceDiagram(steps, `${invariant}, ${what}`)] : []),
  ].join('\n');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
