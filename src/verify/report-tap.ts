import type { VerifyJson, VerifyResult } from './report.ts';
import { evidenceOf, oneLine } from './report-words.ts';

/** TAP version 14: a line for each case, and its details as YAML. */
export function tapOf({ cases, url, profile }: VerifyJson): string {
  const lines = cases.flatMap((one, at) => [lineOf(one, at + 1), ...detailsOf(one)]);
  return ['TAP version 14', `1..${cases.length}`, `# ${oneLine(url)} as ${oneLine(profile)}`, ...lines, ''].join('\n');
}

function lineOf(one: VerifyResult, number: number): string {
  const result = one.verdict === 'fail' || one.verdict === 'inconclusive' ? 'not ok' : 'ok';
  const directive = one.verdict === 'skip' ? ` # SKIP ${described(evidenceOf(one))}` : '';
  return `${result} ${number} - ${described(`${one.id} ${one.title}`)}${directive}`;
}

function detailsOf(one: VerifyResult): string[] {
  if (one.verdict === 'skip') return [];
  const { verdict, level, trials, against, ms } = one;
  // Every JSON text is YAML.
  const members = { verdict, level, evidence: oneLine(evidenceOf(one)), trials, against, duration_ms: ms };
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return ['  ---', ...given.map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`), '  ...'];
}

/** A hash begins a directive. */
function described(text: string): string {
  return oneLine(text).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
}
