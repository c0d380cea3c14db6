import { audited } from './audit.ts';
import type { VerifyCase } from './case.ts';
import { CASES } from './cases/catalogue.ts';
import type { VerifyOptions } from './options.ts';
import { reportOf, type VerifyReport, type VerifyResult } from './report.ts';
import { runCase } from './run-case.ts';
import { invalid, settle } from './settled.ts';
import { Subject } from './subject.ts';

/** Looks at a real server from outside: sends requests with idempotency keys, some twice, some at once, some cut off, and says what it makes of them,
 *  in the cases C01 to C25. Use a test system: what the requests do is done.
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION where an option is wrong, or the server is not on this machine and nobody says whose it is
 *
 *  @example
 *  const report = await verify({
 *    url: 'http://localhost:3000',
 *    request: (n) => ({ path: '/charges', json: { reference: n, amount: 100 } }),
 *    countEffects: async (n) => (await db.charges.where({ reference: n })).length,
 *  });
 *  if (!report.ok) console.error(report.toText());
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const settled = settle(options);
  const wanted = chosen(options);
  const startedAt = new Date().toISOString();
  const subject = new Subject(settled);
  const dryRun = options.dryRun === true;
  const cases = dryRun
    ? planned(subject).filter(({ id }) => wanted.has(id))
    : await carriedOut(subject, wanted, options.onResult);
  const { url, profile, seed, countEffects } = settled;
  return reportOf({
    url: `${url.origin}${url.pathname}`.replace(/\/$/, ''),
    profile: profile.name,
    seed,
    probe: countEffects !== undefined,
    startedAt,
    requests: subject.sent,
    dryRun,
    cases,
  });
}

async function carriedOut(
  subject: Subject,
  wanted: ReadonlySet<string>,
  onResult: VerifyOptions['onResult'],
): Promise<VerifyResult[]> {
  const results: VerifyResult[] = [];
  for (const one of CASES) {
    // C01 is asked in any case, and told if it was asked for.
    const basic = one === CASES[0];
    if (!basic && !wanted.has(one.id)) continue;
    const reason = one.skip?.(subject.settled);
    const lost = !basic && subject.baseline === undefined;
    const result =
      reason !== undefined
        ? unasked(one, 'skip', reason)
        : lost
          ? unasked(one, 'inconclusive', 'C01 did not succeed')
          : await runCase(subject, one);
    results.push(result);
    onResult?.(result);
  }
  const told = await audited(subject, results);
  return told.filter(({ id, verdict }) => wanted.has(id) || verdict === 'inconclusive' || verdict === 'fail');
}

function unasked({ id, title, level }: VerifyCase, verdict: 'skip' | 'inconclusive', evidence: string): VerifyResult {
  return { id, title, level, verdict, evidence, ms: 0 };
}

/** What a dry run says. */
function planned(subject: Subject): VerifyResult[] {
  const { settled } = subject;
  return CASES.map((one) => {
    const reason = one.skip?.(settled);
    if (reason !== undefined) return unasked(one, 'skip', reason);
    const requests = one.requests(settled);
    const count = `about ${requests} ${requests === 1 ? 'request' : 'requests'}`;
    const form = one === CASES[0] ? `; a request is ${subject.describe(subject.round(one.id))}` : '';
    return unasked(one, 'skip', `would send: ${one.sends} (${count})${form}`);
  });
}

/** @throws UsageError for an id that no case has */
function chosen({ only, skip = [] }: VerifyOptions): ReadonlySet<string> {
  const ids = CASES.map(({ id }) => id);
  const unknown = [...(only ?? []), ...skip].find((id) => !ids.includes(id));
  if (unknown !== undefined) throw invalid(`There is no case '${unknown}': they are ${ids[0]} to ${ids.at(-1)}.`);
  const wanted = new Set((only ?? ids).filter((id) => !skip.includes(id)));
  if (wanted.size === 0) throw invalid('only and skip leave no case.');
  return wanted;
}
