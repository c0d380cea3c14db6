import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultPlan } from '../../src/mock/fault-plan.ts';
import { createMock, type Fault } from '../../src/mock/index.ts';

type Request = readonly [method: string, path: string];

const A: Request = ['POST', '/a'];
const B: Request = ['POST', '/b/1'];

/** What each request meets. */
function met(plan: readonly Fault[], requests: readonly Request[]): (string | undefined)[] {
  const faults = new FaultPlan();
  faults.add(plan);
  return requests.map(([method, path]) => faults.take(method, path)?.kind);
}

describe('which request meets which fault', () => {
  const cases: readonly [string, readonly Fault[], readonly Request[], readonly (string | undefined)[]][] = [
    ['in order', ['stall', 'status:503'], [A, A, A], ['stall', 'status:503', undefined]],
    ['the n-th', [{ fault: 'stall', at: 3 }], [A, A, A, A], [undefined, undefined, 'stall', undefined]],
    [
      'the n-th, others before',
      ['truncate', { fault: 'stall', at: 2 }, 'duplicate'],
      [A, A, A],
      ['truncate', 'stall', 'duplicate'],
    ],
    [
      'the n-th first, whatever was planned before',
      ['truncate', 'truncate', { fault: 'stall', at: 1 }],
      [A, A, A],
      ['stall', 'truncate', 'truncate'],
    ],
    ['by route', [{ fault: 'stall', route: 'POST /b/:id' }], [A, B, B], [undefined, 'stall', undefined]],
    [
      'the n-th of a route',
      [{ fault: 'stall', route: 'POST /b/:id', at: 2 }],
      [A, B, A, B],
      [undefined, undefined, undefined, 'stall'],
    ],
    [
      'a route does not hold up the others',
      [{ fault: 'stall', route: '* /b/**' }, 'truncate'],
      [A, B],
      ['truncate', 'stall'],
    ],
    ['another method is another route', [{ fault: 'stall', route: 'GET /a' }], [A], [undefined]],
  ];

  test.each(cases)('%s', (_name, plan, requests, expected) => {
    expect(met(plan, requests)).toEqual(expected);
  });

  test('counting starts where the fault was planned', () => {
    const faults = new FaultPlan();
    faults.take(...A);
    faults.add([{ fault: 'stall', at: 1 }]);
    expect(faults.take(...A)?.kind).toBe('stall');
  });

  test('plain faults are all met, once each, in order', () => {
    const plain = fc.constantFrom<Fault>('stall', 'truncate', 'status:500', 'reset-before', 'duplicate');
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 8 }), fc.nat(4), (plan, more) => {
        const requests = Array.from({ length: plan.length + more }, () => A);
        expect(met(plan, requests).filter((kind) => kind !== undefined)).toEqual(plan);
      }),
    );
  });
});

test('assertPlanConsumed names what is left', async () => {
  const mock = createMock();
  mock.fail('status:503', { fault: 'truncate', at: 5 });
  await mock.fetch('https://api.test/x', { method: 'POST' });
  expect(() => mock.assertPlanConsumed()).toThrow('1 planned fault was met by no request: {"fault":"truncate","at":5}');
});

test('requests to the mock itself and preflights meet no fault', async () => {
  const mock = createMock({ cors: '*' });
  mock.fail('stall');
  await mock.fetch('https://api.test/__onceward/ledger');
  await mock.fetch('https://api.test/x', { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } });
  expect(() => mock.assertPlanConsumed()).toThrow('stall');
});

describe('a plan that cannot be meant is refused, whole', () => {
  const wrong: readonly [string, unknown][] = [
    ['There is no fault "explode"', 'explode'],
    ['There is no fault', 'status:99'],
    ['There is no fault', 'status:600'],
    ['There is no fault', 'status:'],
    ['There is no fault', 7],
    ['There is no fault', {}],
    ["A fault has no 'when'", { fault: 'stall', when: 2 }],
    ["'at' of a fault is a whole number from 1", { fault: 'stall', at: 0 }],
    ["'at' of a fault is a whole number from 1", { fault: 'stall', at: 1.5 }],
    ['A route is a method, a space and a path', { fault: 'stall', route: '/a' }],
    ["'retryAfter' belongs to a 'status:N' fault", { fault: 'stall', retryAfter: '1' }],
    ["'delay' of a fault must be", { fault: 'stall', delay: 'soon' }],
  ];

  test.each(wrong)('%s', (message, fault) => {
    const mock = createMock();
    expect(() => mock.fail('stall', fault as Fault)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', message: expect.stringContaining(message) }),
    );
    expect(() => mock.assertPlanConsumed()).not.toThrow();
  });
});
