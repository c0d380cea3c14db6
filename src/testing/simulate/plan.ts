/** What may happen to a request or to its answer. `after`: the server has executed it. */
export type RequestFault =
  | {
      readonly fault:
        | 'refuse'
        | 'lose-request'
        | 'lose-response'
        | 'reset-after'
        | 'truncate'
        | 'duplicate'
        | 'html'
        | 'misdirected'
        // Somebody says that the key belongs to another request.
        | 'foreign-key';
    }
  /** The client is told of a broken connection at once; the request arrives so much later. */
  | { readonly fault: 'zombie' | 'duplicate-later' | 'delay-request' | 'delay-response'; readonly ms: number }
  /** Somebody in front of the server answers; it never hears of it. */
  | { readonly fault: 'status'; readonly status: number; readonly retryAfter?: string }
  /** Somebody in front points elsewhere: 301 anywhere, 303 to what became of this key. */
  | { readonly fault: 'redirect'; readonly status: 301 | 303 }
  /** The server has executed it; somebody in front answers in its place. */
  | { readonly fault: 'status-after'; readonly status: number }
  | {
      readonly fault: 'server-crash';
      readonly point: 'before-effect' | 'before-store' | 'after-store';
      readonly ms: number;
    };

/** What strikes the n-th request of the world, from 1. */
export interface RequestStrike {
  readonly request: number;
  readonly does: RequestFault;
}

/** The process that crosses the n-th border between itself and the world ends there. */
export interface Crash {
  readonly at: number;
  /** kill: what was written stays in the page cache. power: all processes end, and of what was not flushed so much is left. */
  readonly how: 'kill' | 'power';
  /** How much of what was not flushed a power cut leaves. */
  readonly left?: 'none' | 'one' | 'half' | 'all-but-one' | 'all';
  /** How long until it is started again, ms. */
  readonly down: number;
}

/** What the n-th write of the world to a journal meets, and so many after it. */
export interface DiskFault {
  readonly write: number;
  /** full: nothing is written. lost: an error, and nothing was stored. kept: an error, and it was stored all the same. */
  readonly error: 'full' | 'lost' | 'kept';
  readonly count: number;
}

/** What happens to a process at a time, whatever it does. */
export interface Disturbance {
  readonly at: number;
  readonly process: number;
  /** pause: stopped for `ms`. clock: its wall clock jumps by `ms`. */
  readonly does: 'pause' | 'clock';
  readonly ms: number;
}

export type IntentKind =
  | 'plain'
  | 'key'
  | 'anonymous'
  | 'cancel'
  | 'deadline'
  | 'declined'
  | 'retry-declined'
  | 'discard'
  | 'decide'
  | 'offline';

/** One thing a customer means to happen once. */
export interface Intent {
  readonly kind: IntentKind;
  /** Which processes ask for it: both, or one of them. */
  readonly by: 'first' | 'second' | 'both';
}

export type ServerName =
  | 'conflict'
  | 'wait'
  | 'accepted'
  | 'stores-errors'
  | 'short-memory'
  | 'careless'
  | 'slow'
  // The dialects of these APIs.
  | 'adyen'
  | 'increase'
  | 'paypal'
  | 'stripe-v1';

/** All that a world is made of. The same plan is the same world, on every platform and in every run of the same version. */
export interface Plan {
  readonly version: 1;
  /** Delays, jitter, keys and the order of what happens at once are drawn from it. */
  readonly seed: number;
  readonly server: ServerName;
  readonly journal: 'image' | 'file';
  readonly processes: 1 | 2;
  /** How a process tells whether another one lives: by a lock alone, or by locks and questions as pages do. */
  readonly presence: 'locks' | 'pages';
  readonly intents: readonly Intent[];
  readonly requests: readonly RequestStrike[];
  readonly crashes: readonly Crash[];
  readonly disk: readonly DiskFault[];
  readonly disturbances: readonly Disturbance[];
}

/** A world in which nothing goes wrong. */
export const CALM: Plan = {
  version: 1,
  seed: 1,
  server: 'conflict',
  journal: 'image',
  processes: 1,
  presence: 'locks',
  intents: [{ kind: 'plain', by: 'both' }],
  requests: [],
  crashes: [],
  disk: [],
  disturbances: [],
};

/** Whether something read from a file is a plan of this version. */
export function isPlan(value: unknown): value is Plan {
  if (typeof value !== 'object' || value === null) return false;
  const plan = value as Partial<Record<keyof Plan, unknown>>;
  const lists = [plan.intents, plan.requests, plan.crashes, plan.disk, plan.disturbances];
  return (
    plan.version === 1 && typeof plan.seed === 'number' && typeof plan.server === 'string' && lists.every(Array.isArray)
  );
}
