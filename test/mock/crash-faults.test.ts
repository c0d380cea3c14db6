import { expect, test } from 'vitest';
import { createMock, type Fault } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

const URL_ = `${BASE}/charges`;

test.each<[fault: Fault, kinds: string[]]>([
  ['crash:before-effect', ['arrived', 'locked', 'fault', 'crashed', 'released', 'lost']],
  ['crash:before-store', ['arrived', 'locked', 'effect', 'fault', 'crashed', 'released', 'lost']],
  ['crash:after-store', ['arrived', 'locked', 'effect', 'stored', 'fault', 'crashed', 'lost']],
  [{ fault: 'crash:before-store', delay: 20 }, ['arrived', 'locked', 'effect', 'fault', 'crashed', 'released', 'lost']],
])('%j', async (fault, kinds) => {
  const mock = createMock();
  mock.fail(fault);
  const init = post({ amount: 1 }, { 'idempotency-key': 'k' });
  await expect(mock.fetch(URL_, init)).rejects.toThrow(TypeError);
  expect(mock.events().map(({ kind }) => kind)).toEqual(kinds);
  mock.assertPlanConsumed();
  const again = await mock.fetch(URL_, init);
  expect(again.status).toBe(201);
  expect(again.headers.get('idempotent-replayed')).toBe(fault === 'crash:after-store' ? 'true' : null);
});

test.each<Fault>(['crash:before-effect', 'crash:before-store', 'crash:after-store'])(
  '%s where nothing runs: everybody is cut off, and what is stored stays',
  async (fault) => {
    const mock = createMock();
    const init = post({ amount: 1 }, { 'idempotency-key': 'k' });
    const first = await (await mock.fetch(URL_, init)).text();
    mock.fail(fault);
    await expect(mock.fetch(URL_, init)).rejects.toThrow(TypeError);
    expect(await (await mock.fetch(URL_, init)).text()).toBe(first);
    expect(mock.effects()).toHaveLength(1);
  },
);
