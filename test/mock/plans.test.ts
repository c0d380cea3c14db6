import { describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

async function statusOf(mock: Mock, plan?: string): Promise<number> {
  const headers = { 'idempotency-key': crypto.randomUUID(), ...(plan !== undefined && { 'x-onceward-plan': plan }) };
  return (await mock.fetch(`${BASE}/charges`, post({}, headers))).status;
}

describe('a plan of one test', () => {
  test('is met by the requests that name it, and they meet no other', async () => {
    const mock = createMock({ chaos: { seed: 1, rate: 0 } });
    mock.fail('status:500');
    mock.plan('a').fail('status:501', 'status:502');
    mock.plan('b').fail('status:503');
    const met = [];
    for (const plan of ['b', 'a', 'b', undefined, 'c', 'a', undefined]) met.push(await statusOf(mock, plan));
    expect(met).toEqual([503, 501, 201, 500, 201, 502, 201]);
    expect(() => mock.assertPlanConsumed()).not.toThrow();
  });

  test('meets no chaos', async () => {
    const mock = createMock({ chaos: { seed: 1, rate: 1 } });
    mock.plan('a').fail('status:501');
    expect([await statusOf(mock, 'a'), await statusOf(mock, 'a'), await statusOf(mock, 'a')]).toEqual([501, 201, 201]);
  });

  test('is said in the events', async () => {
    const mock = createMock();
    mock.plan('a').fail('status:501');
    await statusOf(mock, 'a');
    expect(mock.events().find(({ kind }) => kind === 'fault')).toMatchObject({ fault: 'status:501', why: 'plan a' });
  });

  test('can be read, cleared and asserted, alone and with all others', () => {
    const mock = createMock();
    const [a, b] = [mock.plan('a'), mock.plan('b')];
    a.fail('stall', { fault: 'truncate', at: 2 });
    expect(a.left()).toEqual(['stall', { fault: 'truncate', at: 2 }]);
    expect(() => b.assertConsumed()).not.toThrow();
    expect(() => a.assertConsumed()).toThrow('2 planned faults were met by no request: stall of plan ');
    b.fail('stall');
    expect(() => mock.assertPlanConsumed()).toThrow('3 planned faults');
    a.clear();
    b.clear();
    expect(a.left()).toEqual([]);
    expect(() => mock.assertPlanConsumed()).not.toThrow();
  });

  test('is gone with its server', () => {
    const mock = createMock();
    const plan = mock.plan('a');
    plan.fail('stall');
    mock.reset();
    expect(plan.left()).toEqual([]);
  });

  test.each(['', 'two words', 'ü', 'x'.repeat(101), 'a\r\nb'])('has a name that a header can carry: not %j', (name) => {
    expect(() => createMock().plan(name).fail('stall')).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION' }),
    );
  });
});
