import type { VerifyVerdict } from './finding.ts';
import type { VerifyJson, VerifyResult } from './report.ts';
import { escaped, evidenceOf } from './report-words.ts';

/** The element that a verdict is. A warning passes: what it says is in system-out, with everything else that was seen. */
const ELEMENTS: Readonly<Partial<Record<VerifyVerdict, string>>> = {
  fail: 'failure',
  inconclusive: 'error',
  skip: 'skipped',
};

export function jUnitOf({ url, profile, cases, summary, startedAt }: VerifyJson): string {
  const counts = `tests="${cases.length}" failures="${summary.fail}" errors="${summary.inconclusive}" skipped="${summary.skip}"`;
  const time = seconds(cases.reduce((sum, { ms }) => sum + ms, 0));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="onceward verify" ${counts} time="${time}">`,
    `  <testsuite name="${escaped(`${url} as ${profile}`)}" ${counts} time="${time}" timestamp="${escaped(startedAt)}">`,
    ...cases.map(testcase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testcase(one: VerifyResult): string {
  const head = `    <testcase classname="onceward.verify" name="${escaped(`${one.id} ${one.title}`)}" time="${seconds(one.ms)}"`;
  const element = ELEMENTS[one.verdict];
  const evidence = escaped(evidenceOf(one));
  if (element !== undefined) return `${head}>\n      <${element} message="${evidence}"/>\n    </testcase>`;
  if (evidence === '') return `${head}/>`;
  return `${head}>\n      <system-out>${one.verdict}: ${evidence}</system-out>\n    </testcase>`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
