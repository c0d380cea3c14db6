import { afterEach, describe, expect, test } from 'vitest';
import { createMock, type Fault, type Mock } from '../../src/mock/index.ts';
import { BASE, post, type Reached, TRANSPORTS } from './support/transports.ts';

const PLANS: readonly (readonly Fault[])[] = [
  [],
  ['reset-before'],
  ['reset-after'],
  ['lose-response'],
  ['stall'],
  ['truncate'],
  ['duplicate'],
  ['status:503'],
  ['status:409', 'status:429'],
  ['reset-before', 'reset-after'],
  ['reset-after', 'reset-after', 'truncate'],
  ['stall', 'lose-response'],
  ['duplicate', 'lose-response', 'duplicate'],
  [{ fault: 'status:503', retryAfter: '1' }, 'truncate'],
  [{ fault: 'reset-after', at: 2 }],
  [{ fault: 'lose-response', route: 'POST /refunds' }],
  [
    { fault: 'truncate', route: 'POST /charges', at: 1 },
    { fault: 'stall', route: 'POST /refunds', at: 1 },
  ],
  [{ fault: 'reset-after', delay: 20 }, 'status:500'],
  ['status:500', 'status:502', 'status:504'],
  ['truncate', 'reset-before', 'stall', 'reset-after', 'lose-response', 'status:503', 'duplicate'],
];

let reached: Reached | undefined;

afterEach(async () => {
  await reached?.close();
});

interface Run {
  readonly ledger: unknown;
  readonly effects: unknown;
  readonly answers: readonly unknown[];
}

/** Sends two requests the way a careful client does, same key until answered, and reads the books afterwards. */
async function run(transport: keyof typeof TRANSPORTS, plan: readonly Fault[]): Promise<Run> {
  // Nobody waits for silence: the log says when it begins, however slow the machine is.
  let hangUp = new AbortController();
  const silent: readonly unknown[] = ['stall', 'lose-response'];
  const mock: Mock = createMock({ baseUrl: BASE, log: ({ fault }) => silent.includes(fault) && hangUp.abort() });
  const { fetch, url } = (reached = await TRANSPORTS[transport](mock));
  mock.fail(...plan);
  const answers: unknown[] = [];
  for (const path of ['/charges', '/refunds']) {
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      hangUp = new AbortController();
      const init = post({ path }, { 'idempotency-key': `key-of-${path.slice(1)}` }, { signal: hangUp.signal });
      const answer = await fetch(`${url}${path}`, init)
        .then(
          async (response) => ({ attempt, status: response.status, body: await response.text() }),
          () => undefined,
        )
        .catch(() => undefined);
      if (answer === undefined || answer.status >= 400) continue;
      answers.push(answer);
      break;
    }
  }
  mock.assertPlanConsumed();
  const ledger = mock.ledger().map(({ firstSeenAt: _first, expiresAt: _expires, ...entry }) => entry);
  return { ledger, effects: mock.effects().map(({ at: _at, ...execution }) => execution), answers };
}

describe('one plan gives one ledger, however the mock is reached', () => {
  test.each(PLANS.map((plan) => [JSON.stringify(plan), plan] as const))('%s', async (_text, plan) => {
    const direct = await run('fetch', plan);
    await reached?.close();
    const socket = await run('http', plan);
    await reached?.close();
    const msw = await run('msw', plan);
    expect(direct.answers).toHaveLength(2);
    expect(direct.effects).toHaveLength(2);
    expect(socket).toEqual(direct);
    expect(msw).toEqual(direct);
  });
});
