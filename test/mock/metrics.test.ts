import { describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { parseCounters, type Sample } from './support/open-metrics.ts';
import { BASE, post } from './support/transports.ts';

async function scraped(mock: Mock): Promise<readonly Sample[]> {
  const answer = await mock.fetch(`${BASE}/__onceward/metrics`);
  expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  return parseCounters(await answer.text());
}

/** name tenant/outcome=value, without the part of the names that is common. */
const brief = (samples: readonly Sample[]): string[] =>
  samples.map(
    ({ name, labels, value }) =>
      `${name.replace(/^onceward_mock_|_total$/g, '')} ${labels['tenant']}/${labels['outcome']}=${value}`,
  );

async function charge(mock: Mock, key: string, { tenant = 'acme', path = '/charges' } = {}): Promise<void> {
  const headers = { 'idempotency-key': key, 'x-tenant': tenant };
  await mock.fetch(`${BASE}${path}`, post({ path }, headers)).catch(() => {});
}

const tenant = (request: Request): string => request.headers.get('x-tenant') ?? 'none';

describe('metrics', () => {
  test('count hits, executions and replays for each tenant and outcome', async () => {
    const mock = createMock({ tenant });
    await charge(mock, 'a');
    await charge(mock, 'a');
    await charge(mock, 'b', { tenant: 'umbrella' });
    await charge(mock, 'a', { path: '/refunds' });
    mock.fail('reset-after', 'reset-before', 'crash:before-store');
    await charge(mock, 'a');
    await charge(mock, 'a');
    await charge(mock, 'c');
    expect(brief(await scraped(mock))).toEqual([
      'hits acme/executed=1',
      'hits acme/replayed=2',
      'hits umbrella/executed=1',
      'hits acme/mismatch=1',
      'hits acme/not-run=1',
      'hits acme/lost=1',
      'executions acme/executed=1',
      'executions umbrella/executed=1',
      'executions acme/lost=1',
      'replays acme/answered=1',
      'replays acme/lost=1',
    ]);
  });

  test('count what the ledger counts: nothing that never came in, and a zombie when it does', async () => {
    const mock = createMock({ tenant });
    mock.fail('refuse', 'zombie');
    await charge(mock, 'a');
    await charge(mock, 'a');
    expect(await scraped(mock)).toEqual([]);
    await charge(mock, 'a');
    await expect.poll(() => mock.events().at(-1)).toMatchObject({ kind: 'lost', why: 'zombie' });
    expect(brief(await scraped(mock))).toEqual([
      'hits acme/executed=1',
      'hits acme/replayed=1',
      'executions acme/executed=1',
      'replays acme/lost=1',
    ]);
  });

  test('are empty families before anything happened, and go on counting after a reset', async () => {
    const mock = createMock({ tenant });
    expect(await scraped(mock)).toEqual([]);
    await charge(mock, 'a');
    mock.reset();
    await charge(mock, 'a');
    expect(brief(await scraped(mock))).toEqual(['hits acme/executed=2', 'executions acme/executed=2']);
  });

  test('have the latest key as exemplar, with its time, and no key as label', async () => {
    const mock = createMock({ tenant });
    await charge(mock, 'first');
    await mock.clock.advance('1h');
    await charge(mock, 'second');
    const [hits] = await scraped(mock);
    const at = mock.events().findLast(({ kind }) => kind === 'answered')?.at ?? 0;
    expect(hits).toMatchObject({ exemplar: { labels: { key: 'second' }, value: 1, at: at / 1000 } });
    for (const { labels } of await scraped(mock)) expect(Object.keys(labels)).toEqual(['tenant', 'outcome']);
  });

  test('leave out an exemplar that is too long, and have none where there is no key', async () => {
    const mock = createMock({ tenant });
    await charge(mock, 'k'.repeat(125));
    await charge(mock, 'k'.repeat(126), { tenant: 'umbrella' });
    await mock.fetch(`${BASE}/charges`, { method: 'POST', headers: { 'x-tenant': 'keyless' } });
    const samples = await scraped(mock);
    const keyOf = (wanted: string): unknown => samples.find(({ labels }) => labels['tenant'] === wanted)?.exemplar;
    expect(keyOf('acme')).toMatchObject({ labels: { key: 'k'.repeat(125) } });
    expect([keyOf('umbrella'), keyOf('keyless')]).toEqual([undefined, undefined]);
  });

  test.each(['quo"te', 'back\\slash', '\\n', 'new\nline', 'ümläut', '} # {', ''])(
    'say the tenant %j as it is',
    async (name) => {
      const mock = createMock({ tenant: () => name });
      await charge(mock, 'a}b');
      const [hits] = await scraped(mock);
      expect(hits).toMatchObject({ labels: { tenant: name }, exemplar: { labels: { key: 'a}b' } } });
    },
  );

  test('tell a hundred tenants apart, and count the others together', async () => {
    const mock = createMock({ tenant });
    for (let index = 0; index < 130; index += 1) await charge(mock, 'k', { tenant: `t${index}` });
    await charge(mock, 'k', { tenant: 't7' });
    const lines = brief(await scraped(mock));
    expect(lines.filter((line) => line.startsWith('hits ') && line.endsWith('/executed=1'))).toHaveLength(100);
    expect(lines).toContain('hits (others)/executed=30');
    expect(lines).toContain('hits t7/replayed=1');
  });
});

test.each([
  ['', 'end with # EOF'],
  ['# TYPE a counter\na_total{} 1\n# EOF', 'end with # EOF'],
  ['# TYPE a counter\nb_total{} 1\n# EOF\n', 'no family'],
  ['# TYPE a counter\na_total{x="1",} 1\n# EOF\n', 'no sample'],
  ['# TYPE a counter\na_total{x="a"b"} 1\n# EOF\n', 'no sample'],
  ['# TYPE a counter\na_total{x="1"} 1\na_total{x="1"} 2\n# EOF\n', 'comes twice'],
  ['# TYPE a counter\n# TYPE a counter\n# EOF\n', 'comes twice'],
  [`# TYPE a counter\na_total{} 1 # {k="${'x'.repeat(128)}"} 1 1\n# EOF\n`, 'too long'],
])('the parser is strict: %j', (text, message) => {
  expect(() => parseCounters(text)).toThrow(message);
});
