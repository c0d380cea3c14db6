import type { VerifyVerdict } from './finding.ts';
import type { VerifyLevel } from './level.ts';
import { htmlOf } from './report-html.ts';
import { jUnitOf } from './report-junit.ts';
import { tapOf } from './report-tap.ts';
import { textOf } from './report-text.ts';

/** What became of one case. */
export interface VerifyResult {
  /** C01 to C25. */
  readonly id: string;
  readonly title: string;
  /** How much the rule binds. */
  readonly level: VerifyLevel;
  readonly verdict: VerifyVerdict;
  /** What was seen, in words: statuses and counts, never a body, a credential or a whole key. */
  readonly evidence: string;
  /** Of a case that depends on timing: how often it was tried. */
  readonly trials?: number;
  /** In how many of them it failed. */
  readonly against?: number;
  /** There was no effect probe: only answers were compared. */
  readonly weak?: true;
  /** How long it took, in milliseconds. */
  readonly ms: number;
}

/** Everything a report says, as plain data. */
export interface ReportData {
  readonly url: string;
  readonly profile: string;
  readonly seed: number;
  /** Whether effects were counted by a probe. */
  readonly probe: boolean;
  readonly startedAt: string;
  /** How many requests went out. */
  readonly requests: number;
  readonly dryRun: boolean;
  readonly cases: readonly VerifyResult[];
}

/** The form in which reports are kept. A member that is added does not change the number. */
export interface VerifyJson extends ReportData {
  readonly schema: 'onceward-verify/1';
  readonly ok: boolean;
  readonly summary: Readonly<Record<VerifyVerdict, number>>;
}

export interface VerifyReport {
  /** No case failed, and none was inconclusive. */
  readonly ok: boolean;
  readonly cases: readonly VerifyResult[];
  /** For people. */
  toText(): string;
  /** What JSON.stringify takes. */
  toJSON(): VerifyJson;
  /** JUnit XML, as CI systems read it. */
  toJUnit(): string;
  /** TAP version 14. */
  toTAP(): string;
  /** One page, without scripts and without anything to load. */
  toHTML(): string;
}

export function reportOf(data: ReportData): VerifyReport {
  const json = jsonOf(data);
  return {
    ok: json.ok,
    cases: data.cases,
    toText: () => textOf(json),
    toJSON: () => json,
    toJUnit: () => jUnitOf(json),
    toTAP: () => tapOf(json),
    toHTML: () => htmlOf(json),
  };
}

function jsonOf(data: ReportData): VerifyJson {
  const summary = { pass: 0, fail: 0, warn: 0, skip: 0, inconclusive: 0 };
  for (const { verdict } of data.cases) summary[verdict] += 1;
  return { schema: 'onceward-verify/1', ok: summary.fail === 0 && summary.inconclusive === 0, summary, ...data };
}
