import type { Clock } from '../core/ports.ts';
import type { Profile } from '../core/profile.ts';
import type { Duration, Json } from '../core/types.ts';
import type { MockEvent } from './events.ts';
import type { LedgerStore } from './ledger-store.ts';

/** What goes wrong with one request.
 *
 *  | fault | the handler | the client sees |
 *  |---|---|---|
 *  | `refuse` | is not run: the request never comes in, and is not counted | no connection |
 *  | `reset-before` | is not run | the connection is reset |
 *  | `stall` | is not run | silence, the connection stays open |
 *  | `status:N` | is not run, nothing is stored | an answer with status N (200-599) |
 *  | `duplicate` | is reached twice at once by the same request | the answer to the first delivery |
 *  | `zombie` | is reached later, after the next request has been dealt with or the clock was moved, or by `delay` | the connection is reset, at once |
 *  | `misdirected` | is not run, nothing is stored | an answer with status 421; over node:http its connection is then closed, and fetch itself repeats the request, once |
 *  | `reset-after` | has run, its answer is stored | the connection is reset before the status line |
 *  | `lose-response` | has run, its answer is stored | silence, the connection stays open |
 *  | `truncate` | has run, its answer is stored | headers and half the body, then a reset |
 *  | `crash:before-effect` | is not run: the server dies with the key locked | the connection is reset, everybody else's too |
 *  | `crash:before-store` | has run, its answer is lost: the server dies before it is stored | the same |
 *  | `crash:after-store` | has run, its answer is stored: the server dies before it is sent | the same |
 *
 *  The server dies as `crash()` makes it die; `onceward mock` kills its own process. Where no handler runs it dies before the answer is sent.
 *  What a zombie is answered goes nowhere. Over node:http a reset is a TCP RST, and so is a refusal: once a request can be read its connection has been
 *  accepted, and before that nobody knows which request it is. Only `fetch` of the mock tells them apart, by ECONNREFUSED. Over msw both are
 *  `HttpResponse.error()`, and silence never answers.
 */
export type FaultKind =
  | 'refuse'
  | 'reset-before'
  | 'reset-after'
  | 'lose-response'
  | 'truncate'
  | 'stall'
  | 'duplicate'
  | 'zombie'
  | 'misdirected'
  | `crash:${CrashPoint}`
  | `status:${number}`;

/** Where in a request a server can die. */
export type CrashPoint = 'before-effect' | 'before-store' | 'after-store';

/** A fault for the next request, or, as an object, for a certain one. Plain JSON: a plan can be kept in a file.
 *
 *  @example mock.fail('lose-response', { fault: 'status:503', route: 'POST /charges', at: 2, retryAfter: '1' })
 */
export type Fault =
  | FaultKind
  | {
      readonly fault: FaultKind;
      /** The n-th request (from 1) that matches, counted from the call of `fail`. @default the next one that has no fault yet */
      readonly at?: number;
      /** Only requests of this route: `'POST /charges/:id'`. @default any */
      readonly route?: string;
      /** The Retry-After header of a `status:N`: seconds, or an HTTP date. @default none */
      readonly retryAfter?: string;
      /** How long, on the mock's clock, before the fault strikes: after the request came in, or, for the faults that run the handler, after it
       *  ended. For a `zombie`: before the request arrives after all. @default 0 */
      readonly delay?: Duration;
    };

/** Faults that nobody planned, the same ones in every run with the same seed. */
export interface ChaosOptions {
  /** A whole number. */
  readonly seed: number;
  /** How many of the requests are struck, from 0 to 1. */
  readonly rate: number;
}

/** The faults of the requests that carry a certain name in `x-onceward-plan`. */
export interface NamedPlan {
  /** As `fail` of the mock. @throws UsageError ERR_ONCEWARD_INVALID_OPTION for a fault, or a name, that cannot be */
  fail(...plan: readonly Fault[]): void;
  /** The faults that no request has met. */
  left(): readonly Fault[];
  clear(): void;
  /** @throws Error naming the faults that no request has met */
  assertConsumed(): void;
}

/** One run of a route's handler: one effect in the world. Runs of GET, HEAD and OPTIONS handlers have none and are not listed. */
export interface Execution {
  /** As given in `routes`; method and path where the default handler ran. */
  readonly route: string;
  readonly key: string | undefined;
  readonly tenant: string;
  /** Milliseconds since 1970 on the mock's clock. */
  readonly at: number;
  /** The parsed JSON or form; the text where it is neither; null where there is none. */
  readonly body: Json;
}

/** What the server knows of one key of one tenant. */
export interface LedgerEntry {
  readonly key: string;
  readonly tenant: string;
  /** `processing`: locked by a handler that runs. `stored`: repeats get the stored answer. `expired`: the stored answer is forgotten, a repeat runs
   *  again. `free`: the key came in, and nothing is held under it: never run, ended in an outcome that is not kept, or lost in a crash. */
  readonly state: 'processing' | 'stored' | 'expired' | 'free';
  /** Every request that carried the key and came in, those struck by a fault included. */
  readonly hits: number;
  /** How often a handler ran under this key. */
  readonly effects: number;
  readonly firstSeenAt: number;
  /** When the key is forgotten: its lifetime from the lock, or from where the profile counts. Infinity (null in JSON) where it never is. For `free` the moment it became free. */
  readonly expiresAt: number;
  /** Of the stored answer. */
  readonly status?: number;
}

/** What leaves the engine. A Response alone could say neither reset nor silence; each adapter turns this into what its transport has. */
export type Delivery =
  | {
      readonly kind: 'answer' | 'truncate';
      readonly response: Response;
      /** Its body goes on for as long as it is read: pass it on as it comes. */
      readonly live?: true;
    }
  | { readonly kind: 'reset' /** Before anything was read. */; readonly refused?: true }
  | { readonly kind: 'silence' };

/** How a request was dealt with. */
export type LogOutcome =
  | 'executed'
  | 'replayed'
  | 'unprotected'
  | 'in-progress'
  | 'accepted'
  | 'mismatch'
  | 'missing-key'
  | 'malformed-key'
  | 'expired'
  | 'looked-up'
  | 'not-found'
  | 'lost'
  | 'not-run';

/** One line for each request that came in, written when its fate is decided. */
export interface LogLine {
  readonly at: number;
  readonly method: string;
  /** Without the query, which may hold a capability. */
  readonly path: string;
  readonly key: string | undefined;
  readonly tenant: string;
  /** How often this key has come in, this time included; 0 without a key. */
  readonly hits: number;
  readonly outcome: LogOutcome;
  /** Absent where no status line was sent. */
  readonly status?: number;
  readonly fault?: FaultKind;
  /** Why a handler failed: the message of what it threw. */
  readonly error?: string;
}

/** What a route's handler is given. */
export interface RouteContext {
  /** A copy with the whole body, unread. */
  readonly request: Request;
  /** The parsed JSON or form; the text where it is neither; null where there is none. */
  readonly json: Json;
  /** `:name` parts of the route, decoded. */
  readonly params: Record<string, string>;
  /** The idempotency key, where the request carried one that is honoured here. */
  readonly key: string | undefined;
}

export type RouteHandler = (context: RouteContext) => Response | Promise<Response>;

export interface MockOptions {
  /** What the mock stands for. Routes are relative to its path, and msw answers only below it. @default any origin, paths as they come */
  baseUrl?: string;
  /** The dialect to speak. @default ietf, keys kept for 24 h */
  profile?: Profile;
  /** How long a key is remembered, on every route. @default the profile's; 5 minutes where the API publishes none */
  keyLifetime?: Duration;
  /** What a repeat gets while the first request still runs: the profile's refusal, the first one's answer once it is there, or 202 with a monitor
   *  URL: in Operation-Location where the profile's `accepted` is 'monitor', else in Location. @default 'conflict' */
  inProgress?: 'conflict' | 'wait' | 'accepted';
  /** How long 'wait' holds a repeat before it gets the profile's refusal, too. @default '30s' */
  waitLimit?: Duration;
  /** How long a running request holds its key, whatever becomes of it. Locks then outlive a crash, as rows in a database do: until the lease is over,
   *  repeats meet a request that nobody will end. A lease as long as the key's lifetime is the lock that stays stuck; one shorter than the handler lets
   *  a second request run beside the first. @default locks end with their process, and never before */
  lease?: Duration;
  /** Whether a handler's effect and its stored answer are one change: what dies in between has then done neither. With false the effect stays and the
   *  answer is lost, as in careless servers: the repeat does it again. Only the mock's own books are taken back, not what handlers did elsewhere.
   *  @default true */
  atomic?: boolean;
  /** Where keys, answers and effects outlive the process: `fileLedger(directory)` of onceward/mock/node. @default in memory */
  ledger?: LedgerStore;
  /** Called first by `crash()` and the `crash:*` faults. `onceward mock` kills its own process here. @default none */
  onCrash?: () => void;
  /** Whose keys these are: the same key of two tenants is two keys. @default a hash of Authorization, else 'default' */
  tenant?: (request: Request) => string;
  /** An origin, or '*': answer preflights, allow the key and expose what a page needs to read. @default off */
  cors?: string;
  /** Faults at random, by the order in which requests arrive; a fault of `fail` goes first. Requests that carry `x-onceward-plan` meet none of them.
   *  The events say `why: 'chaos'`. @default none */
  chaos?: ChaosOptions;
  /** Called with one object for every request; key, tenant and hits are in each. @default none */
  log?: (line: LogLine) => void;
  /** `'POST /charges/:id'` -> handler. Every execution counts as one effect. Other paths are answered with 404.
   *  @default every POST, PUT, PATCH and DELETE answers 201 with an id */
  routes?: Record<string, RouteHandler>;
}

/** A server that honours idempotency keys, and misbehaves on request. */
export interface Mock {
  readonly baseUrl: string | undefined;
  /** The engine itself; adapters turn a Delivery into their transport's form. */
  handle(request: Request): Promise<Delivery>;
  /** The adapter for code that wants a Response, and what `createClient({ fetch })` takes. A reset rejects with a TypeError, silence lasts until the
   *  signal aborts, a truncated body errors halfway. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Faults for the next requests, in order. Requests to `/__onceward` never meet one.
   *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION for a fault that does not exist */
  fail(...plan: readonly Fault[]): void;
  /** Another plan, for requests that carry `x-onceward-plan: name`. They meet these faults and no others, so tests that share a mock do not meet each
   *  other's. */
  plan(name: string): NamedPlan;
  /** @throws Error naming the faults that no request has met, those of named plans too */
  assertPlanConsumed(): void;
  /** Every execution so far, of one route where it is given: those that run, and those that were not taken back by a crash. */
  effects(route?: string): readonly Execution[];
  /** One entry for each key of each tenant, oldest first. Of the keys that hold nothing some 10,000 are listed. */
  ledger(): readonly LedgerEntry[];
  /** What happened, in order: the latest 10,000. They survive `reset()` and `crash()`.
   *
   *  @param after only those with a higher `id`, for who has read so far */
  events(after?: number): readonly MockEvent[];
  /** How many events are not kept any more. */
  readonly droppedEvents: number;
  /** Calls `listener` with every event from now on, while it happens.
   *
   *  @returns a function that ends it
   *  @example const stop = mock.on(({ kind, key }) => console.log(kind, key)); */
  on(listener: (event: MockEvent) => void): () => void;
  /** Real time plus what `advance` added. Keys expire by it; hand it to a client and both live in the same time. `advance` wakes sleepers in the
   *  order in which they are due, and resolves when all have been. */
  readonly clock: Clock & { advance(by: Duration): Promise<void> };
  /** Loses what a dying process loses: running handlers go on, but their locks, effects and answers are gone and their callers are cut off. Stored
   *  answers stay. What stays besides is for `lease` and `atomic` to say. */
  crash(): Promise<void>;
  /** Forgets keys, effects and faults, and cuts off running requests: a new server. The clock stays: a client that shares it must not see it go back. */
  reset(): void;
}
