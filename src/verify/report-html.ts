import type { VerifyVerdict } from './finding.ts';
import type { VerifyJson, VerifyResult } from './report.ts';
import { escaped, evidenceOf, limitsOf, summaryOf } from './report-words.ts';

/** A sign beside the colour: not everybody tells colours apart. */
const SIGNS: Readonly<Record<VerifyVerdict, string>> = {
  pass: '\u2713',
  fail: '\u2717',
  warn: '!',
  skip: '\u2013',
  inconclusive: '?',
};

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886; }
td:first-child { font-family: ui-monospace, monospace; }
.verdict { display: inline-block; min-width: 7.5em; padding: 0 .5em; border-radius: .3em; color: #fff; background: #555; }
.pass { background: #1a7f37; } .fail { background: #b3261e; } .warn { background: #8a5a00; } .inconclusive { background: #5b3fa6; }
.small { opacity: .8; font-size: .875rem; }`;

/** One page that needs nothing else: no script, no font, no picture. */
export function htmlOf(report: VerifyJson): string {
  const { url, profile, seed, startedAt, requests, ok, dryRun, cases } = report;
  const title = escaped(`onceward verify: ${url}`);
  const badge = dryRun
    ? verdict('skip', 'dry run')
    : verdict(ok ? 'pass' : 'fail', ok ? 'nothing found' : 'not passed');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<p>${badge} ${escaped(summaryOf(report))}</p>
<p>Profile ${escaped(profile)}, seed ${seed}, ${escaped(startedAt)}, ${requests} requests. ${escaped(limitsOf(report))}</p>
<table>
<thead><tr><th scope="col">Case</th><th scope="col">Verdict</th><th scope="col">What</th><th scope="col">Trials</th></tr></thead>
<tbody>
${cases.map(row).join('\n')}
</tbody>
</table>
</body>
</html>
`;
}

function row(one: VerifyResult): string {
  const { id, title, level, trials, against } = one;
  const counted = trials === undefined ? '' : `${against ?? 0} of ${trials} against`;
  return `<tr><td>${escaped(id)}</td><td>${verdict(one.verdict, one.verdict)}</td><td>${escaped(title)} <span class="small">(${escaped(level)})</span><br><span class="small">${escaped(evidenceOf(one))}</span></td><td>${counted}</td></tr>`;
}

function verdict(kind: VerifyVerdict, text: string): string {
  return `<span class="verdict ${kind}">${SIGNS[kind]} ${escaped(text)}</span>`;
}
