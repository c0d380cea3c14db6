import type { VerifyJson } from './report.ts';
import { evidenceOf, limitsOf, oneLine, summaryOf } from './report-words.ts';

const WIDTH = 12;

/** A table for a terminal. */
export function textOf(report: VerifyJson): string {
  const { url, profile, seed, cases } = report;
  const rows = cases.flatMap((one) => {
    const evidence = oneLine(evidenceOf(one));
    const head = oneLine(`${one.id}  ${one.verdict.padEnd(WIDTH)}  ${one.title}`);
    return evidence === '' ? [head] : [head, `${' '.repeat(WIDTH + 7)}${evidence}`];
  });
  return [
    `${oneLine(url)} as ${oneLine(profile)}, seed ${seed}`,
    '',
    ...rows,
    '',
    `${summaryOf(report)}; ${report.requests} requests`,
    limitsOf(report),
    '',
  ].join('\n');
}
