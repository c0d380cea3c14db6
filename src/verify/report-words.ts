import type { VerifyJson, VerifyResult } from './report.ts';

/** One line: how many of each verdict there are. */
export function summaryOf({ summary }: VerifyJson): string {
  const parts = Object.entries(summary).filter(([, count]) => count > 0);
  return parts.map(([verdict, count]) => `${count} ${verdict}`).join(', ');
}

/** Of what a run can say at all. */
export function limitsOf({ probe, dryRun }: VerifyJson): string {
  if (dryRun) return 'A dry run: nothing was sent.';
  return probe
    ? 'A pass says that nothing was found against it in this run, not that the server is safe.'
    : 'Weak: without an effect probe only answers were compared. A pass says no more than that they agree.';
}

export function evidenceOf({ evidence, weak }: VerifyResult): string {
  return weak ? `${evidence}${evidence === '' ? '' : ' '}(weak)` : evidence;
}

/** For XML, and for HTML between tags and in quotes. What XML 1.0 cannot hold at all is left out. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** One line, whatever is in it: a terminal and a line format must not be told anything by evidence. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ');
}
