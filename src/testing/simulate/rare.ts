import { CALM, type Plan, type RequestFault, type RequestStrike } from './plan.ts';

function all(count: number, does: RequestFault): RequestStrike[] {
  return Array.from({ length: count }, (_, at) => ({ request: at + 1, does }));
}

/** Worlds made for what random ones seldom meet. */
export function* rarePlans(): Generator<Plan> {
  const plain = { ...CALM, intents: [{ kind: 'plain', by: 'both' }] } as const satisfies Plan;
  // Eight equal 500, eight pages of a portal, two minutes of "in progress": each is a doubt of its own.
  yield { ...plain, requests: all(12, { fault: 'status', status: 500 }) };
  yield { ...plain, requests: all(12, { fault: 'html' }) };
  yield { ...plain, requests: all(90, { fault: 'status', status: 409, retryAfter: '2' }) };
  yield { ...plain, requests: all(90, { fault: 'status', status: 409 }) };
  yield { ...plain, requests: all(4, { fault: 'status', status: 401 }) };
  yield { ...plain, requests: all(1, { fault: 'foreign-key' }) };
  yield {
    ...plain,
    requests: [...all(1, { fault: 'lose-response' }), { request: 2, does: { fault: 'redirect', status: 301 } }],
  };
  yield { ...plain, requests: all(1, { fault: 'redirect', status: 303 }) };
  yield {
    ...plain,
    requests: [...all(1, { fault: 'lose-response' }), { request: 2, does: { fault: 'redirect', status: 303 } }],
  };
  // A person decides: it did not happen, and it did.
  for (const fault of ['lose-request', 'lose-response'] as const) {
    yield {
      ...plain,
      intents: [{ kind: 'decide', by: 'both' }],
      requests: [
        { request: 1, does: { fault } },
        { request: 2, does: { fault: 'foreign-key' } },
      ],
    };
  }
  // Cancelled before anything left, and before it was even claimed.
  for (let seed = 1; seed <= 12; seed++)
    yield {
      ...plain,
      seed,
      intents: [
        { kind: 'cancel', by: 'both' },
        { kind: 'discard', by: 'both' },
        { kind: 'cancel', by: 'both' },
        { kind: 'cancel', by: 'both' },
        { kind: 'discard', by: 'both' },
        { kind: 'cancel', by: 'both' },
      ],
    };
  // Without a name nobody asks for it again: a start says so.
  for (let at = 5; at <= 14; at++) {
    yield { ...plain, intents: [{ kind: 'anonymous', by: 'both' }], crashes: [{ at, how: 'kill', down: 1_000 }] };
  }
  // What no client can mend: a copy that is a day late, and a server that is between its effect and its answer.
  yield { ...plain, requests: all(1, { fault: 'duplicate-later', ms: 30 * 3_600_000 }) };
  yield { ...plain, server: 'careless', requests: all(1, { fault: 'server-crash', point: 'before-store', ms: 1_000 }) };
}
