import type {
  Crash,
  DiskFault,
  Disturbance,
  Intent,
  IntentKind,
  Plan,
  RequestFault,
  RequestStrike,
  ServerName,
} from './plan.ts';
import { Seeded } from './seeded.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SERVER_NAMES: readonly ServerName[] = [
  'conflict',
  'wait',
  'accepted',
  'stores-errors',
  'short-memory',
  'careless',
  'slow',
  'adyen',
  'increase',
  'paypal',
  'stripe-v1',
];
const KINDS: readonly IntentKind[] = [
  'plain',
  'plain',
  'plain',
  'key',
  'anonymous',
  'cancel',
  'deadline',
  'declined',
  'retry-declined',
  'discard',
  'decide',
];
/** Not those that prove a rejection: of a 400 nobody can tell whether a proxy or the API has said it. */
const STATUSES: readonly number[] = [401, 403, 408, 409, 425, 429, 500, 501, 502, 503, 504];
const DOWN: readonly number[] = [0, 50, SECOND, 20 * SECOND, 3 * MINUTE, 20 * MINUTE, 25 * HOUR, 401 * DAY];
const LATE: readonly number[] = [200, 5 * SECOND, 40 * SECOND, 5 * MINUTE, 2 * HOUR, 30 * HOUR];
const RETRY_AFTER: readonly (string | undefined)[] = [undefined, '0', '2', '90', '3600', 'soon', '999999999'];

/** The plan of one world, drawn from its seed: first what kinds of trouble there are at all, then the troubles. Worlds that have only some kinds reach
 *  further in each than worlds that have all. */
export function swarmPlan(seed: number): Plan {
  const draw = new Seeded(seed, 'plan');
  const processes = draw.chance(0.35) ? 2 : 1;
  const has = (probability: number): boolean => draw.chance(probability);
  const [network, crashes, disk, disturbances] = [has(0.75), has(0.7), has(0.2), has(0.2)];
  return {
    version: 1,
    seed,
    server: draw.one(SERVER_NAMES),
    journal: 'image',
    processes,
    presence: processes === 2 && has(0.5) ? 'pages' : 'locks',
    intents: Array.from({ length: draw.whole(1, 3) }, () => intent(draw)),
    requests: network ? strikes(draw) : [],
    crashes: crashes ? Array.from({ length: draw.whole(1, 3) }, () => crash(draw, processes)) : [],
    disk: disk ? [diskFault(draw)] : [],
    disturbances: disturbances ? Array.from({ length: draw.whole(1, 2) }, () => disturbance(draw, processes)) : [],
  };
}

function intent(draw: Seeded): Intent {
  return { kind: draw.one(KINDS), by: draw.one(['both', 'both', 'first', 'second']) };
}

/** Each request of the first few has its own fate; on a bad day nearly all are struck, and on the worst all by the same. */
function strikes(draw: Seeded): readonly RequestStrike[] {
  const worst = draw.chance(0.06) ? requestFault(draw) : undefined;
  const rate = worst === undefined ? draw.one([0.2, 0.5, 0.9]) : 1;
  return Array.from({ length: worst === undefined ? draw.whole(1, 10) : 24 }, (_, at) => at + 1)
    .filter(() => draw.chance(rate))
    .map((request) => ({ request, does: worst ?? requestFault(draw) }));
}

function requestFault(draw: Seeded): RequestFault {
  const kind = draw.one([
    'refuse',
    'lose-request',
    'lose-response',
    'reset-after',
    'truncate',
    'duplicate',
    'html',
    'misdirected',
    'foreign-key',
    'redirect',
    'zombie',
    'duplicate-later',
    'delay-request',
    'delay-response',
    'status',
    'status',
    'status-after',
    'server-crash',
  ] as const);
  switch (kind) {
    case 'zombie':
    case 'duplicate-later':
    case 'delay-request':
    case 'delay-response':
      return { fault: kind, ms: draw.one(LATE) };
    case 'status': {
      const retryAfter = draw.chance(0.4) ? draw.one(RETRY_AFTER) : undefined;
      return { fault: kind, status: draw.one(STATUSES), ...(retryAfter !== undefined && { retryAfter }) };
    }
    case 'redirect':
      return { fault: kind, status: draw.one([301, 303]) };
    case 'status-after':
      return { fault: kind, status: draw.one([500, 502, 504]) };
    case 'server-crash':
      return {
        fault: kind,
        point: draw.one(['before-effect', 'before-store', 'after-store']),
        ms: draw.one([0, SECOND, 2 * MINUTE]),
      };
    default:
      return { fault: kind };
  }
}

function crash(draw: Seeded, processes: number): Crash {
  const at = draw.whole(1, draw.one([12, 30, 60 * processes]));
  const down = draw.one(DOWN);
  // As with pauses: nobody looks for a day after one that is down for so long.
  if (draw.chance(0.5)) return { at, how: 'kill', down: processes === 1 ? down : Math.min(down, 20 * MINUTE) };
  return { at, how: 'power', left: draw.one(['none', 'one', 'half', 'all-but-one', 'all']), down };
}

function diskFault(draw: Seeded): DiskFault {
  return { write: draw.whole(1, 12), error: draw.one(['full', 'lost', 'kept']), count: draw.one([1, 1, 3, 12]) };
}

function disturbance(draw: Seeded, processes: number): Disturbance {
  const does = draw.one(['pause', 'clock'] as const);
  // Beside one that stands still for a day another one looks every second whether it has gone on.
  const far = draw.one([SECOND, 25 * SECOND, 2 * MINUTE, 20 * MINUTE, processes === 1 ? 26 * HOUR : MINUTE]);
  return {
    at: draw.whole(0, draw.one([100, 2_000, 40_000])),
    process: draw.whole(0, processes - 1),
    does,
    ms: does === 'clock' && draw.chance(0.6) ? -far : far,
  };
}

/** Worlds with the real file journal, over a disk whose every call is a border. */
export function* filePlans(first: number, worlds: number): Generator<Plan> {
  for (const plan of swarmPlans(first, worlds)) {
    const draw = new Seeded(plan.seed, 'file');
    const crashes = plan.crashes.map((one) => ({ ...one, at: draw.whole(1, 4 * one.at + 10) }));
    // Not flushes that fail: behind one comes a compaction, and whoever finds its seal waits by a timer of the real world.
    const disk = plan.disk.map((one) => ({ ...one, error: 'full' as const }));
    yield { ...plan, journal: 'file', crashes, disk };
  }
}

/** As many worlds, one for each seed. */
export function* swarmPlans(first: number, worlds: number): Generator<Plan> {
  for (let seed = first; seed < first + worlds; seed++) yield swarmPlan(seed);
}
