import { describe, expect, test } from 'vitest';
import { type ReportData, reportOf, type VerifyResult } from '../../src/verify/report.ts';

const NASTY = `<script>alert("1")</script> & 'x' \u0000 \u001b[2J # SKIP \\ \u2028 ]]>`;

const result = (id: string, verdict: VerifyResult['verdict'], more: Partial<VerifyResult> = {}): VerifyResult => ({
  id,
  title: `case ${id}`,
  level: 'should',
  verdict,
  evidence: `seen in ${id}`,
  ms: 12,
  ...more,
});

const data = (cases: readonly VerifyResult[], more: Partial<ReportData> = {}): ReportData => ({
  url: 'http://localhost:3000',
  profile: 'ietf',
  seed: 7,
  probe: true,
  startedAt: '2026-11-25T00:00:00.000Z',
  requests: 41,
  dryRun: false,
  cases,
  ...more,
});

const EACH = [
  result('C01', 'pass'),
  result('C02', 'fail', { trials: 20, against: 3 }),
  result('C03', 'warn'),
  result('C04', 'skip'),
  result('C05', 'inconclusive'),
];

describe('ok', () => {
  test.each<[verdicts: VerifyResult['verdict'][], ok: boolean]>([
    [['pass', 'warn', 'skip'], true],
    [['pass', 'fail'], false],
    [['pass', 'inconclusive'], false],
    [[], true],
  ])('%j is %j', (verdicts, ok) => {
    const report = reportOf(data(verdicts.map((verdict, at) => result(`C0${at}`, verdict))));
    expect(report.ok).toBe(ok);
    expect(report.toJSON().ok).toBe(ok);
  });
});

test('JSON has a schema, a summary, and everything else as it is', () => {
  const report = reportOf(data(EACH));
  expect(JSON.parse(JSON.stringify(report))).toEqual({
    schema: 'onceward-verify/1',
    ok: false,
    summary: { pass: 1, fail: 1, warn: 1, skip: 1, inconclusive: 1 },
    ...data(EACH),
  });
});

test('the table has a line for each case, and says what a pass is worth', () => {
  const text = reportOf(data(EACH)).toText();
  expect(text).toContain('C02  fail          case C02\n                   seen in C02');
  expect(text).toContain('1 pass, 1 fail, 1 warn, 1 skip, 1 inconclusive; 41 requests');
  expect(text).toContain('not that the server is safe');
  expect(reportOf(data(EACH, { probe: false })).toText()).toContain('Weak: without an effect probe');
  expect(reportOf(data(EACH, { dryRun: true })).toText()).toContain('nothing was sent');
});

test('JUnit: failure, error and skipped; a warning passes and is told', () => {
  const xml = reportOf(data(EACH)).toJUnit();
  expect(xml).toContain('tests="5" failures="1" errors="1" skipped="1" time="0.060"');
  expect(xml).toMatch(/name="C02 case C02" time="0.012">\s*<failure message="seen in C02"\/>/);
  expect(xml).toMatch(/C04 case C04" time="0.012">\s*<skipped message="seen in C04"\/>/);
  expect(xml).toMatch(/C05 case C05" time="0.012">\s*<error message="seen in C05"\/>/);
  expect(xml).toMatch(/C03 case C03" time="0.012">\s*<system-out>warn: seen in C03<\/system-out>/);
});

test('TAP 14: a plan, a line each, details as YAML that is JSON', () => {
  const lines = reportOf(data(EACH)).toTAP().split('\n');
  expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..5']);
  expect(lines.filter((line) => /^(?:not )?ok/.test(line))).toEqual([
    'ok 1 - C01 case C01',
    'not ok 2 - C02 case C02',
    'ok 3 - C03 case C03',
    'ok 4 - C04 case C04 # SKIP seen in C04',
    'not ok 5 - C05 case C05',
  ]);
  expect(lines).toContain('  against: 3');
});

describe('whatever a server or a profile puts into it', () => {
  const report = reportOf(
    data([result('C01', 'fail', { evidence: NASTY, title: NASTY })], { url: NASTY, profile: NASTY }),
  );

  test('HTML is text, one page, without scripts and without anything to load', () => {
    const html = report.toHTML();
    expect(html).not.toMatch(/<script|javascript:|<link|<img|src=|href=|@import|url\(/i);
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    expect(html).toContain("default-src 'none'");
    const tags = new Set([...html.matchAll(/<([a-z]\w*)/g)].map(([, tag]) => tag));
    expect([...tags].toSorted()).toEqual([
      'body',
      'br',
      'h1',
      'head',
      'html',
      'meta',
      'p',
      'span',
      'style',
      'table',
      'tbody',
      'td',
      'th',
      'thead',
      'title',
      'tr',
    ]);
  });

  test('XML stays well-formed', () => {
    const xml = report.toJUnit();
    expect(xml).not.toMatch(/[^\t\n\r\u0020-\uFFFD]/);
    // Outside of quotes and tags nothing of it is markup.
    expect([...xml.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag)).toEqual([
      'testsuites',
      'testsuite',
      'testcase',
      'failure',
      'testcase',
      'testsuite',
      'testsuites',
    ]);
  });

  test('TAP and the table have no line, directive or control sequence of its making', () => {
    for (const text of [report.toTAP(), report.toText()]) expect(text).not.toMatch(/[^\n\P{Cc}]|\u2028/u);
    const [, , , line = ''] = report.toTAP().split('\n');
    expect(line).toMatch(/^not ok 1 - C01 /);
    expect(line).not.toMatch(/(?<!\\)#/);
  });
});
