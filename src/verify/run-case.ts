import type { VerifyCase } from './case.ts';
import { Finding, type VerifyVerdict, worst } from './finding.ts';
import type { VerifyResult } from './report.ts';
import type { Subject } from './subject.ts';

/** Carries out one case: once, or as often as it takes where timing decides. What it throws is no verdict on the server. */
export async function runCase(subject: Subject, one: VerifyCase): Promise<VerifyResult> {
  const started = performance.now();
  const { countEffects, repeat } = subject.settled;
  const trials = one.racy ? repeat : 1;
  const findings: Finding[] = [];
  for (let trial = 0; trial < trials; trial += 1) findings.push(await runTrial(subject, one, trial));
  const verdict = worst(findings.map((finding) => finding.verdict));
  const { id, title, level } = one;
  return {
    id,
    title,
    level,
    verdict,
    evidence: one.racy ? ofTrials(findings, verdict) : (findings[0]?.evidence ?? ''),
    ...(one.racy && { trials, against: findings.filter((finding) => finding.verdict === 'fail').length }),
    ...(countEffects === undefined && verdict !== 'skip' && { weak: true as const }),
    ms: Math.round(performance.now() - started),
  };
}

async function runTrial(subject: Subject, one: VerifyCase, trial: number): Promise<Finding> {
  const finding = new Finding();
  try {
    await one.run(subject, finding, trial);
  } catch (error) {
    finding.unsure(`it could not be carried out: ${error instanceof Error ? error.message : String(error)}`);
  }
  return finding;
}

/** Of what depends on timing nothing is ever shown to be safe. */
function ofTrials(findings: readonly Finding[], verdict: VerifyVerdict): string {
  const telling = findings.filter((finding) => finding.verdict === verdict);
  const evidence = telling.find((finding) => finding.evidence !== '')?.evidence;
  if (verdict === 'pass') {
    return [`not refuted in ${findings.length} trials`, ...(evidence === undefined ? [] : [evidence])].join('; ');
  }
  return `in ${telling.length} of ${findings.length} trials: ${evidence ?? ''}`;
}
