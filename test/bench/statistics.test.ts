import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goalsOf, isMet } from '../../bench/goals.ts';
import { figure } from '../../bench/numbers.ts';
import { plot } from '../../bench/plot.ts';
import type { Results } from '../../bench/results.ts';
import { median, pairedRatio, quantile } from '../../bench/statistics.ts';
import { STORES, type StoreName } from '../../bench/stores/all.ts';
import { markdown, plainText, tablesOf } from '../../bench/tables.ts';

describe('statistics', () => {
  test('the median has as many values below as above', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test.each([
    [[1, 2, 3, 4, 5], 0, 1],
    [[5, 4, 3, 2, 1], 1, 5],
    [[1, 2], 0.5, 1.5],
    [[10, 20, 30], 0.25, 15],
  ])('quantile of %j at %d is %d', (values, share, expected) => {
    expect(quantile(values, share)).toBe(expected);
  });

  test('what slows down both of a pair leaves their ratio', () => {
    expect(pairedRatio([10, 1, 100], [20, 2, 200])).toBe(0.5);
  });
});

/** A run in which every goal is met exactly. */
function exactly(): Results {
  const flushes = new Map([
    [1, 1],
    [16, 0.07],
    [256, 0.005],
  ]);
  const ratios = new Map([
    [1, 0.8],
    [16, 0.75],
    [256, 0.6],
  ]);
  const durable = (Object.keys(STORES) as StoreName[]).flatMap((store) =>
    [1, 16, 256].map((callers) => ({
      store,
      label: STORES[store].label,
      callers,
      perSecond: 1000,
      ratio: store === 'file journal' ? (ratios.get(callers) ?? 0) : 1,
      oursAgainst: 1,
      cpu: 10,
      flushes: flushes.get(callers),
      bytes: 500,
      dirtied: undefined,
    })),
  );
  const row = { tombstones: 100_000, pending: 10_000, finished: 0, bodyBytes: 0, openMs: 200, listMs: 300 };
  const client = { name: 'onceward, memory journal', cpuUs: 13, wallUs: 13, cpuRatio: 1.3, wallRatio: 1.3 } as const;
  return {
    recordBytes: 800,
    durable,
    bytesPerOperation: 1300,
    reopened: { rows: [row], goal: row, linearity: 1.25, bodies: 1.25 },
    latency: { ratio: 1.2, emptyMs: 1, fullMs: 1.2 },
    browser: {
      engine: 'Chromium 1',
      rows: [{ contender: 'journal', label: 'ours', ms: 1, ratio: 4 }],
      list: { journalMs: 1, getAllMs: 5, ratio: 0.2 },
    },
    clients: [client],
    loopback: [client],
    heap: { client: 7, tombstone: 200 },
  };
}

describe('goals', () => {
  test('what reaches its goal exactly meets it, and every goal has a row', () => {
    const goals = goalsOf(exactly());
    expect(goals.filter((goal) => !isMet(goal))).toEqual([]);
    const [table] = tablesOf(exactly());
    expect(table?.rows.map(([what, , , verdict]) => [what, verdict])).toEqual(goals.map(({ what }) => [what, 'met']));
  });

  test('what was not measured meets nothing', () => {
    const goals = goalsOf({ ...exactly(), browser: undefined, clients: [] });
    expect(goals.filter((goal) => !isMet(goal))).toHaveLength(3);
    expect(plainText(tablesOf({ ...exactly(), browser: undefined })[0]!)).toContain('below goal');
  });

  test('one step short of a goal is below it', () => {
    const short = { ...exactly(), bytesPerOperation: 1300.1, heap: { client: 8, tombstone: 200.1 } };
    expect(
      goalsOf(short)
        .filter((goal) => !isMet(goal))
        .map(({ figure: value }) => value),
    ).toEqual([1300.1, 8, 200.1]);
  });
});

describe('the report', () => {
  test.each([
    [undefined, '', '-'],
    [Number.NaN, 'x', '-'],
    [0, ' B', '0 B'],
    [0.0042, '', '0.0042'],
    [0.0634, '', '0.063'],
    [1.304, 'x', '1.3x'],
    [12.34, '', '12.3'],
    [123_456.7, '/s', '123,457/s'],
  ])('%d%s is shown as %s', (value, unit, expected) => {
    expect(figure(value, unit)).toBe(expected);
  });

  test('every table has as many cells in each row as in its head', () => {
    for (const table of tablesOf(exactly())) {
      expect(new Set(table.rows.map((row) => row.length))).toEqual(new Set([table.head.length]));
      expect(markdown(table)).toContain(`## ${table.title}`);
    }
  });

  test('the plot has a bar for each value, none of them wider than the picture', () => {
    const svg = plot(exactly());
    const ends = [...svg.matchAll(/<rect[^>]* x="([\d.]+)"[^>]* width="([\d.]+)"/g)].map(
      ([, x, width]) => Number(x) + Number(width),
    );
    expect(ends).toHaveLength(Object.keys(STORES).length * 3 + 2);
    expect(Math.max(...ends)).toBeLessThan(800);
    expect(Math.min(...ends)).toBeGreaterThan(0);
  });
});
