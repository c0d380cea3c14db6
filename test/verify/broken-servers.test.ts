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

interface Row {
  readonly what: string;
  readonly start: () => Promise<SmallServer>;
  readonly fails: readonly string[];
  readonly skips: readonly string[];
  /** What is said of the first one. */
  readonly says: RegExp;
  /** C19 has three moments. @default 1 */
  readonly repeat?: number;
  /** In milliseconds. @default 80 */
  readonly slow?: number;
}

async function look({ start, repeat = 1, slow = 80 }: Row): Promise<VerifyReport> {
  const server = await start();
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
    repeat,
    soak: 24,
    limits: { ...LIMITS, slow },
  });
}

const ids = (report: VerifyReport, verdict: string): string[] =>
  report.cases.filter((one) => one.verdict === verdict).map(({ id }) => id);

/** Nothing here is answered with 202 (C23). Where repeats run beside the first request none is told to come later (C07). */
const ROWS: readonly Row[] = [
  { what: 'nothing', start: careful, fails: [], skips: ['C23'], says: /^$/, repeat: 3 },
  {
    what: 'no lock',
    start: noLock,
    fails: ['C06', 'C17', 'C20', 'C25'],
    skips: ['C07', 'C23'],
    says: /\d effects instead of 1/,
    // A repeat has to arrive while the first one runs, on a slow machine, too.
    slow: 1_200,
  },
  {
    what: 'memory only',
    start: memoryOnly,
    fails: ['C19', 'C22'],
    skips: ['C23'],
    says: /in \d of 3 trials: 2 effects instead of 1/,
    repeat: 3,
  },
  {
    what: 'stores the status only',
    start: statusOnly,
    fails: ['C02', 'C03'],
    skips: ['C23'],
    says: /another body than the first/,
  },
  { what: 'tenant-less', start: tenantLess, fails: ['C15'], skips: ['C23'], says: /the second one gets 422/ },
  { what: 'truncates keys', start: truncatesKeys, fails: ['C13'], skips: ['C23'], says: /255 characters .* for one/ },
  { what: 'stores its own errors', start: storesServerErrors, fails: ['C05'], skips: ['C23'], says: /a 500 is kept/ },
  {
    what: 'looks, then inserts',
    start: looksThenInserts,
    fails: ['C06', 'C25'],
    skips: ['C07', 'C23'],
    says: /\d effects instead of 1/,
    repeat: 3,
  },
  {
    what: "replays another tenant's answer",
    start: sharesAnswers,
    fails: ['C15'],
    skips: ['C23'],
    says: /the result of another tenant's request/,
  },
];

describe.concurrent('each broken server fails its own cases', () => {
  test.concurrent.for(ROWS)('$what', { timeout: 60_000 }, async (row) => {
    const { fails, skips, says } = row;
    const report = await look(row);
    expect(ids(report, 'fail')).toEqual(fails);
    expect(ids(report, 'skip')).toEqual(skips);
    expect(ids(report, 'pass')).toEqual(ALL.filter((id) => ![...fails, ...skips].includes(id)));
    expect(report.ok).toBe(fails.length === 0);
    expect(report.cases.find(({ id }) => id === fails[0])?.evidence ?? '').toMatch(says);
  });
});
