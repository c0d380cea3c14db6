import { CALM, type Crash, type Plan, type RequestFault, type RequestStrike, type ServerName } from './plan.ts';

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;

/** What the first two attempts may meet. */
const FIRST: readonly (RequestFault | undefined)[] = [
  undefined,
  { fault: 'refuse' },
  { fault: 'lose-request' },
  { fault: 'lose-response' },
  { fault: 'reset-after' },
  { fault: 'truncate' },
  { fault: 'duplicate' },
  { fault: 'duplicate-later', ms: 700 },
  { fault: 'zombie', ms: 5 * SECOND },
  { fault: 'html' },
  { fault: 'status', status: 503 },
  { fault: 'status-after', status: 502 },
  { fault: 'server-crash', point: 'before-effect', ms: SECOND },
  { fault: 'server-crash', point: 'after-store', ms: SECOND },
];

const LEFT = ['none', 'one', 'half', 'all-but-one', 'all'] as const;
const SERVERS: readonly ServerName[] = ['conflict', 'wait', 'accepted', 'stores-errors', 'short-memory', 'slow'];

/** Borders that a small world crosses at most, its restarts included. */
const BORDERS = 30;

/** How a process can end at one border. */
function* endings(at: number, down: number): Generator<Crash> {
  yield { at, how: 'kill', down };
  for (const left of LEFT) yield { at, how: 'power', left, down };
}

function strikes(first: RequestFault | undefined, second: RequestFault | undefined): RequestStrike[] {
  return [first, second].flatMap((does, at) => (does === undefined ? [] : [{ request: at + 1, does }]));
}

/** The small worlds, all of them: what one needs many random worlds to meet is met here for sure.
 *  `deep`: also every pair of crashes, the second one in the life after the first. */
export function* smallPlans(deep = false): Generator<Plan> {
  let seed = 0;
  const plan = (changes: Partial<Plan>): Plan => ({ ...CALM, seed: ++seed, ...changes });
  for (const server of SERVERS) {
    for (const first of FIRST) {
      for (const second of FIRST) yield plan({ server, requests: strikes(first, second) });
    }
    for (const down of [0, 25 * 3_600 * SECOND]) {
      for (let at = 1; at <= BORDERS; at++) {
        for (const crash of endings(at, down)) {
          yield plan({ server, crashes: [crash] });
          yield plan({ server, crashes: [crash], requests: strikes({ fault: 'lose-response' }, undefined) });
          yield plan({
            server,
            crashes: [crash],
            requests: strikes({ fault: 'zombie', ms: SECOND }, { fault: 'status', status: 503 }),
          });
        }
      }
    }
  }
  for (const presence of ['locks', 'pages'] as const) {
    for (const first of FIRST) {
      for (let at = 1; at <= 2 * BORDERS; at += 1) {
        yield plan({
          processes: 2,
          presence,
          crashes: [{ at, how: 'kill', down: SECOND }],
          requests: strikes(first, undefined),
        });
      }
    }
  }
  if (!deep) return;
  for (let at = 1; at <= BORDERS; at++) {
    for (const first of endings(at, 0)) {
      for (let after = 1; after <= BORDERS; after++) {
        for (const second of endings(at + after, DAY / 48)) yield plan({ crashes: [first, second] });
      }
    }
  }
}

/** The same over the real file journal: every border of its disk, and every length of a torn line. */
export function* smallFilePlans(): Generator<Plan> {
  let seed = 0;
  for (let at = 1; at <= 2 * BORDERS; at++) {
    for (const crash of endings(at, 0)) {
      for (const requests of [[], strikes({ fault: 'lose-response' }, undefined)]) {
        yield { ...CALM, seed: ++seed, journal: 'file', crashes: [crash], requests };
      }
    }
  }
}

/** Every write to the journal fails in turn: once, and from then on; refused, lost, or carried out all the same. */
export function* failingWrites(): Generator<Plan> {
  let seed = 0;
  for (const error of ['full', 'lost', 'kept'] as const) {
    for (const count of [1, 2, 1_000]) {
      for (let write = 1; write <= 12; write++) {
        for (const requests of [
          [],
          strikes({ fault: 'lose-response' }, undefined),
          strikes({ fault: 'status', status: 503 }, { fault: 'reset-after' }),
        ]) {
          yield { ...CALM, seed: ++seed, disk: [{ write, error, count }], requests };
          yield {
            ...CALM,
            seed: ++seed,
            disk: [{ write, error, count }],
            requests,
            processes: 2,
            intents: [
              { kind: 'key', by: 'both' },
              { kind: 'retry-declined', by: 'first' },
            ],
          };
        }
      }
    }
  }
}
