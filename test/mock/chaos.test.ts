import { describe, expect, test } from 'vitest';
import { CHAOS_FAULTS, Chaos } from '../../src/mock/chaos.ts';
import { createMock, type MockOptions } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

const drawn = (seed: number, rate: number, count: number): (string | undefined)[] => {
  const chaos = new Chaos({ seed, rate });
  return Array.from({ length: count }, () => chaos.next()?.kind);
};

describe('faults at random', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(drawn(7, 0.5, 200)).toEqual(drawn(7, 0.5, 200));
    expect(drawn(7, 0.5, 200)).not.toEqual(drawn(8, 0.5, 200));
  });

  test.each([0, 0.1, 0.5, 1])('strike as often as they were asked to: %d', (rate) => {
    const struck = drawn(3, rate, 5000).filter((kind) => kind !== undefined);
    expect(Math.abs(struck.length / 5000 - rate)).toBeLessThan(0.03);
  });

  test('are of every kind, and of no other', () => {
    expect(new Set(drawn(3, 1, 1000))).toEqual(new Set(CHAOS_FAULTS));
  });

  test('strike by the order of arrival, whatever struck before: what was planned comes first and moves nothing', async () => {
    const struck = async (options: MockOptions, planned: boolean): Promise<unknown[]> => {
      const mock = createMock(options);
      if (planned) mock.fail({ fault: 'status:418', at: 3 });
      for (let index = 0; index < 40; index += 1) {
        const hangUp = new AbortController();
        const sent = mock.fetch(`${BASE}/a`, post({}, { 'idempotency-key': `k${index}` }, { signal: hangUp.signal }));
        const stop = mock.on(({ kind, why }) => {
          if (kind === 'lost' && why === 'silence') hangUp.abort();
        });
        await sent.then((response) => response.text()).catch(() => {});
        stop();
      }
      return mock
        .events()
        .filter(({ kind }) => kind === 'fault')
        .map(({ key, fault, why }) => `${key} ${fault} ${why ?? 'planned'}`);
    };
    const options = { chaos: { seed: 11, rate: 0.5 } };
    const alone = await struck(options, false);
    expect(alone.length).toBeGreaterThan(10);
    expect(alone.every((line) => String(line).endsWith(' chaos'))).toBe(true);
    expect(await struck(options, false)).toEqual(alone);
    const others = alone.filter((line) => !String(line).startsWith('k2 '));
    expect((await struck(options, true)).filter((line) => !String(line).startsWith('k2 '))).toEqual(others);
  });

  test('start anew with a new server', async () => {
    const mock = createMock({ chaos: { seed: 5, rate: 1 } });
    const first = async (): Promise<unknown> => {
      const hangUp = AbortSignal.timeout(50);
      await mock.fetch(`${BASE}/a`, post({}, { 'idempotency-key': 'k' }, { signal: hangUp })).catch(() => {});
      return mock.events().findLast(({ kind }) => kind === 'fault')?.fault;
    };
    const before = await first();
    mock.reset();
    expect(await first()).toBe(before);
  });

  test.each([
    { seed: 0.5, rate: 0.1 },
    { seed: Number.NaN, rate: 0.1 },
    { seed: 1, rate: 1.1 },
    { seed: 1, rate: -1 },
    { seed: 1, rate: Number.NaN },
  ])('need a seed and a rate: not %j', (chaos) => {
    expect(() => createMock({ chaos })).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', message: expect.stringContaining('chaos.') }),
    );
  });
});
