import type { Fault, Mock, MockOptions } from '../../../src/mock/index.ts';

/** What is left of one plan when everything has been answered. Plain JSON: it is compared across transports and browsers. */
export interface PlanRun {
  readonly ledger: readonly unknown[];
  readonly effects: readonly unknown[];
  readonly answers: readonly unknown[];
}

/** Makes a mock reachable, and says how. */
export type Reach = (mock: Mock) => Promise<{ readonly url: string; readonly fetch: typeof globalThis.fetch }>;

const SILENT: readonly unknown[] = ['stall', 'lose-response'];

/** More attempts than any plan has faults. */
const ATTEMPTS = 12;

/** Sends two requests the way a careful client does, same key until answered, and reads the books afterwards. Attempts are not compared: to a 421 the
 *  fetch of Node and of browsers sends the request once more by itself.
 *
 *  @throws Error where the plan was not met whole */
export async function runPlan(
  plan: readonly Fault[],
  make: (options: MockOptions) => Mock,
  reach: Reach,
): Promise<PlanRun> {
  // Nobody waits for silence: the log says when it begins, however slow the machine is.
  let hangUp = new AbortController();
  const mock = make({ log: ({ fault }) => SILENT.includes(fault) && hangUp.abort() });
  const { fetch, url } = await reach(mock);
  mock.fail(...plan);
  const answers: unknown[] = [];
  for (const path of ['/charges', '/refunds']) {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      hangUp = new AbortController();
      const answer = await send(fetch, `${url}${path}`, hangUp.signal);
      if (answer === undefined || answer.status >= 400) continue;
      answers.push(answer);
      break;
    }
  }
  mock.assertPlanConsumed();
  await zombiesLaid(mock, plan);
  const ledger = mock.ledger().map(({ firstSeenAt: _first, expiresAt: _expires, ...entry }) => entry);
  return { ledger, effects: mock.effects().map(({ at: _at, ...execution }) => execution), answers };
}

async function send(
  fetch: typeof globalThis.fetch,
  url: string,
  signal: AbortSignal,
): Promise<{ status: number; body: string } | undefined> {
  const { pathname } = new URL(url);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify({ path: pathname }),
      headers: { 'content-type': 'application/json', 'idempotency-key': `key-of-${pathname.slice(1)}` },
      signal,
    });
    return { status: response.status, body: await response.text() };
  } catch {
    return undefined;
  }
}

/** Until every zombie has arrived and is done with: those that nothing came behind are called by the clock. */
async function zombiesLaid(mock: Mock, plan: readonly Fault[]): Promise<void> {
  const raised = plan.filter((fault) => (typeof fault === 'string' ? fault : fault.fault) === 'zombie').length;
  const laid = (): boolean => mock.events().filter(({ why }) => why === 'zombie').length === raised;
  await mock.clock.advance('1s');
  if (laid()) return;
  await new Promise<void>((resolve) => {
    const stop = mock.on(() => {
      if (!laid()) return;
      stop();
      resolve();
    });
  });
}
