import { afterAll, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/core/profile.ts';
import type { MockOptions } from '../../src/mock/types.ts';
import { azureRepeatable, ietf, stripeV1 } from '../../src/profiles/index.ts';
import { type VerifyLimits, type VerifyOptions, type VerifyReport, verify } from '../../src/verify/index.ts';
import { EVERY_PROFILE } from '../profiles/support/every-profile.ts';
import { LIMITS, mockServer } from './support/mock-server.ts';

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

async function look(profile: Profile, mock: MockOptions, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  const server = await mockServer(profile, mock);
  closing.push(server.close);
  return verify({
    ...server,
    headers: { authorization: 'Bearer one' },
    secondHeaders: { authorization: 'Bearer two' },
    repeat: 1,
    soak: 8,
    limits: LIMITS,
    ...options,
  });
}

/** What is neither a pass nor a skip with a reason. */
const complaints = (report: VerifyReport): string[] =>
  report.cases
    .filter(({ verdict, evidence }) => verdict !== 'pass' && (verdict !== 'skip' || evidence === ''))
    .map(({ id, verdict, evidence }) => `${id} ${verdict}: ${evidence}`);

const skipped = (report: VerifyReport): string[] =>
  report.cases.filter(({ verdict }) => verdict === 'skip').map(({ id }) => id);

/** What an API has nothing to show for: a replay is answered in its own words; keys are UUIDs. */
const NOTHING_TO_SEE: Readonly<Record<string, readonly string[]>> = {
  paypal: ['C03'],
  gocardless: ['C03'],
  'azure-repeatable': ['C14'],
};

describe.concurrent('the mock passes', () => {
  test.concurrent.for(EVERY_PROFILE)('as $name', { timeout: 60_000 }, async (profile) => {
    // One of them in all moments: C19 has three.
    const report = await look(profile, {}, { repeat: profile.name === 'ietf' ? 3 : 1 });
    expect(complaints(report)).toEqual([]);
    expect(report.cases).toHaveLength(25);
    expect(skipped(report)).toEqual([...(NOTHING_TO_SEE[profile.name] ?? []), 'C23']);
  });

  test.concurrent.for([ietf({ keyLifetime: '24h' }), azureRepeatable, stripeV1])(
    'with 202 and a monitor, as $name',
    { timeout: 60_000 },
    async (profile) => {
      const report = await look(profile, { inProgress: 'accepted' }, { only: ['C01', 'C06', 'C07', 'C20', 'C23'] });
      expect(complaints(report)).toEqual([]);
      expect(skipped(report)).toEqual(['C07']);
    },
  );

  test.concurrent.for<[what: string, profile: Profile, only: string[]]>([
    ['keys in quotes', ietf({ keyLifetime: '24h', encoding: 'sf-string' }), ['C02', 'C11', 'C12', 'C13', 'C14']],
    ['kept client errors', ietf({ keyLifetime: '24h', storesClientErrors: true }), ['C04', 'C05']],
  ])('with %s', { timeout: 60_000 }, async ([, profile, only]) => {
    const report = await look(profile, {}, { only });
    expect(report.cases.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(only.map((id) => `${id} pass`));
  });

  test.concurrent('where repeats wait for the first answer', { timeout: 60_000 }, async () => {
    const report = await look(ietf({ keyLifetime: '24h' }), { inProgress: 'wait' });
    expect(complaints(report)).toEqual([]);
    expect(skipped(report)).toEqual(['C07', 'C23']);
  });

  test.concurrent('without a probe, hooks and a second credential: weakly, and less', async () => {
    const server = await mockServer(ietf({ keyLifetime: '24h' }));
    closing.push(server.close);
    const { url, request } = server;
    const report = await verify({ url, request, repeat: 1, soak: 8, limits: LIMITS });
    expect(complaints(report)).toEqual([]);
    expect(skipped(report).filter((id) => id !== 'C07')).toEqual([
      'C04',
      'C05',
      'C15',
      'C16',
      'C19',
      'C20',
      'C22',
      'C23',
    ]);
    expect(report.cases.filter(({ verdict }) => verdict === 'pass').every(({ weak }) => weak)).toBe(true);
    expect(report.toText()).toContain('Weak: without an effect probe');
  });
});

/** Cases in which a server dies or is left alone. */
const BROKEN_OFF = ['C17', 'C18', 'C19', 'C21', 'C22'];

/** A quarter of it is long enough to die in the middle of, on a slow machine, too. */
const BUSY = 2_400;

interface Careless {
  readonly what: string;
  readonly mock: MockOptions;
  readonly only: readonly string[];
  readonly limits: VerifyLimits;
  readonly fails: string;
  readonly says: RegExp;
}

describe.concurrent('a careless mock fails where it is careless', () => {
  test.concurrent.for<Careless>([
    {
      what: 'effect and answer apart',
      mock: { atomic: false },
      only: BROKEN_OFF,
      limits: { ...LIMITS, slow: BUSY },
      fails: 'C19',
      says: /\d effects instead of 1/,
    },
    {
      what: 'locks that outlive their process',
      mock: { lease: '24h' },
      only: ['C19'],
      limits: { ...LIMITS, slow: BUSY, patience: 1_000 },
      fails: 'C19',
      says: /no end: after all repeats 409/,
    },
    {
      what: 'locks that are given up too early',
      mock: { atomic: false, lease: 50 },
      only: ['C20'],
      // More than a second is left for a repeat to come.
      limits: { ...LIMITS, slow: 1_200 },
      fails: 'C20',
      says: /\d effects instead of 1/,
    },
  ])('$what', { timeout: 60_000 }, async ({ mock, only, limits, fails, says }) => {
    const report = await look(ietf({ keyLifetime: '24h' }), mock, { only, repeat: 3, limits });
    const failed = report.cases.filter(({ verdict }) => verdict === 'fail');
    expect(failed.map(({ id }) => id)).toEqual([fails]);
    expect(failed[0]?.evidence).toMatch(says);
  });
});
