import { afterAll, describe, expect, test } from 'vitest';
import { defineProfile, ietf } from '../../src/profiles/index.ts';
import { type VerifyReport, verify } from '../../src/verify/index.ts';
import { careful } from '../broken-servers/careful.ts';
import { looksThenInserts } from '../broken-servers/looks-then-inserts.ts';
import { memoryOnly } from '../broken-servers/memory-only.ts';
import { noLock } from '../broken-servers/no-lock.ts';
import type { SmallServer } from '../broken-servers/server.ts';
import { sharesAnswers } from '../broken-servers/shares-answers.ts';
import { statusOnly } from '../broken-servers/status-only.ts';
import { storesServerErrors } from '../broken-servers/stores-server-errors.ts';
import { tenantLess } from '../broken-servers/tenant-less.ts';
import { truncatesKeys } from '../broken-servers/truncates-keys.ts';
import { LIMITS } from './support/mock-server.ts';

/** These servers say what they keep: successes, and no errors. */
const profile = defineProfile({
  ...ietf({ keyLifetime: '24h' }).data,
  name: 'small-server',
  stores: { success: 'yes', clientErrors: 'no', validation: 'no', serverErrors: 'no' },
});

const ALL = Array.from({ length: 25 }, (_, index) => `C${`${index + 1}`.padStart(2, '0')}`);

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function look(server: SmallServer, slow: number): Promise<VerifyReport> {
  closing.push(() => server.close());
  return verify({
    url: server.url,
    profile,
    request: (n) => ({ path: '/charges', json: { name: n } }),
    countEffects: (n) => server.effects(n),
    headers: { authorization: 'Bearer one' },
    secondHeaders: { authorization: 'Bearer two' },
    hooks: {
      crash: () => server.crash(),
      restart: async () => void (await server.restart()),
      advance: (ms) => server.advance(ms),
      slow: (n, ms) => server.slow(n, ms),
      fail: (n, status) => server.fail(n, status),
    },
    // C19 has three moments.
    repeat: 3,
    soak: 24,
    limits: { ...LIMITS, slow },
  });
}

const ids = (report: VerifyReport, verdict: string): string[] =>
  report.cases.filter((one) => one.verdict === verdict).map(({ id }) => id);

/** What each of them gets wrong, and nothing else. Nothing here is answered with 202 (C23); where repeats run beside the first request none is told to
 *  come later (C07). */
describe.concurrent('each broken server fails its own cases', () => {
  test.concurrent.for<
    [what: string, start: () => Promise<SmallServer>, fails: string[], skips: string[], says: RegExp]
  >([
    ['nothing', careful, [], ['C23'], /^$/],
    // A repeat has to arrive while the first one runs, on a slow machine, too.
    ['no lock', noLock, ['C06', 'C17', 'C20', 'C25'], ['C07', 'C23'], /C06 .*\d effects instead of 1/],
    ['memory only', memoryOnly, ['C19', 'C22'], ['C23'], /C22 .*2 effects instead of 1/],
    ['stores the status only', statusOnly, ['C02', 'C03'], ['C23'], /C02 .*another body/],
    ['tenant-less', tenantLess, ['C15'], ['C23'], /C15 .*two tenants at once: the second one gets 422/],
    ['truncates keys', truncatesKeys, ['C13'], ['C23'], /C13 .*255 characters .* taken for one/],
    ['stores its own errors', storesServerErrors, ['C05'], ['C23'], /C05 .*a 500 is kept/],
    ['looks, then inserts', looksThenInserts, ['C06', 'C25'], ['C07', 'C23'], /C06 .*\d effects instead of 1/],
    ["replays another tenant's answer", sharesAnswers, ['C15'], ['C23'], /C15 .*the result of another tenant/],
  ])('%s', { timeout: 60_000 }, async ([what, start, fails, skips, says]) => {
    const report = await look(await start(), what === 'no lock' ? 1_200 : 80);
    expect(ids(report, 'fail')).toEqual(fails);
    expect(ids(report, 'skip')).toEqual(skips);
    expect(ids(report, 'pass')).toEqual(ALL.filter((id) => ![...fails, ...skips].includes(id)));
    expect(report.ok).toBe(fails.length === 0);
    const evidence = report.cases.filter(({ verdict }) => verdict === 'fail').map((one) => `${one.id} ${one.evidence}`);
    expect(evidence.join('\n')).toMatch(says);
  });
});
