import type { JournalReason } from './errors/journal-error.ts';
import type { Journal } from './journal.ts';
import type { Clock, Locks, Random } from './ports.ts';
import type { Accepted, Profile } from './profile.ts';

/** What is known of the side effect. Trying again as another operation is safe only on 'none'. */
export type Effect = 'none' | 'possible' | 'done';

/** Where an operation stands. `in-doubt`: the client will not send again and does not know. */
export type OperationStatus = 'pending' | 'succeeded' | 'rejected' | 'not-sent' | 'in-doubt' | 'discarded';

/** Why a pending operation is not being sent right now. */
export type Waiting =
  | 'queued'
  | 'sending'
  | 'backoff'
  | 'retry-after'
  | 'in-progress'
  | 'accepted'
  | 'offline'
  | 'rate-limited'
  | 'credentials'
  | 'other-owner'
  | 'other-scope'
  | 'other-driver'
  | 'interrupted';

/** Why the client stopped and does not know. */
export type InDoubtReason =
  | 'key-expired'
  | 'clock'
  | 'stored-error'
  | 'key-mismatch'
  | 'monitor-lost'
  | 'stuck'
  | 'not-repeatable'
  | 'unproved-rejection'
  | 'deadline'
  | 'unreadable-response'
  | 'redirect';

/** Names one intent: `['cart', cart.id]` is stored as `cart/<id>` (parts percent-encoded). A string is taken as is, 1-200 characters.
 *  Parts that are empty, undefined, null, NaN or '[object Object]' are refused: they would join every customer into one. */
export type OperationId = string | readonly (string | number)[];

/** Explicit "no name": always a new operation, retried in this run. After a restart it is surfaced as pending, waiting 'interrupted'. */
export const anonymous: unique symbol = Symbol.for('onceward.anonymous');

/** Milliseconds, or '30s', '5m', '24h', '7d'. Negative, NaN and over 400d are refused; Infinity only for waitTimeout. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Frozen plain data, safe for structuredClone and JSON; no body, no header, no whole key. */
export interface Operation {
  readonly id: string;
  readonly owner: string;
  readonly status: OperationStatus;
  readonly effect: Effect;
  readonly waiting?: Waiting;
  readonly reason?: InDoubtReason;
  readonly method: string;
  /** Origin and path only: a query may hold a capability. */
  readonly url: string;
  readonly meta?: Json;
  readonly attempts: number;
  readonly round: number;
  /** The first 8 characters of the idempotency key. */
  readonly keyHint: string;
  readonly createdAt: number;
  /** When the first attempt was dispatched: the key's age counts from here. */
  readonly firstSentAt?: number;
  readonly nextAttemptAt?: number;
  readonly finishedAt?: number;
  readonly progress?: { readonly percent?: number; readonly data?: Json };
}

/** A response as it is kept: status, allow-listed headers, decoded body bytes. `data` is the parsed JSON where the type says JSON. */
export interface StoredResponse<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly data?: T;
  readonly redacted?: true;
}

/** `network` a first answer, `replay` the server's stored one, `journal` ours, `recovered` fetched by profile, hook or person. */
export type Source = 'network' | 'replay' | 'journal' | 'recovered';

/** What became of an operation, as plain data. Switch on `status`. */
export type Outcome<T = unknown> = {
  readonly operation: Operation;
  /** false: a true answer, but the journal could not store it. */
  readonly persisted: boolean;
} & (
  | {
      readonly status: 'succeeded';
      readonly effect: 'done';
      readonly source: Source;
      readonly response: StoredResponse<T> | undefined;
    }
  | {
      readonly status: 'rejected';
      readonly effect: 'none';
      readonly source: Source;
      readonly response: StoredResponse | undefined;
    }
  | { readonly status: 'not-sent' | 'discarded'; readonly effect: 'none' }
  | {
      readonly status: 'in-doubt';
      readonly effect: 'possible';
      readonly reason: InDoubtReason;
      readonly response?: StoredResponse;
    }
  | { readonly status: 'discarded'; readonly effect: 'possible'; readonly reason?: InDoubtReason }
  | { readonly status: 'pending'; readonly effect: 'none' | 'possible'; readonly waiting: Waiting }
);

/** One call. `once` is required: it names the intent this call stands for. */
export interface CallOptions {
  /** The intent this call stands for: `['cart', cart.id]`. The same name again joins, or gets the stored answer. */
  once: OperationId | typeof anonymous;
  /** Sent as JSON with `content-type: application/json`. */
  json?: unknown;
  /** Text, bytes, URLSearchParams, FormData or Blob, at most 1 MiB. Streams are refused: they cannot be sent twice. */
  body?: BodyInit;
  /** Appended to the URL, once, before it is frozen. */
  searchParams?: Record<string, string | number | boolean>;
  /** Frozen at the claim, stored, part of what "same request" means. Names off the allow-list and not in `safeHeaders` are refused:
   *  credentials belong in `authorize`. */
  headers?: HeadersInit;
  /** Key minted and kept by the caller's own backend: the answer for several devices and for evicted storage. One key, one round: under
   *  another name, or for a new round, the same key is refused (OperationConflictError) before anything is sent. @default a new UUID v4 */
  key?: string;
  /** Stored beside the operation, never sent: what a screen needs after a restart. At most 4 KiB. */
  meta?: Json;
  /** Before the first byte: cancels (effect 'none'). After it: stops waiting, the operation goes on. */
  signal?: AbortSignal;
  /** How long this promise waits. @default '60s' */
  waitTimeout?: Duration;
  /** When the operation itself gives up; persisted. @default none: the key's lifetime decides */
  deadline?: Date;
  /** After a proved rejection the same bytes return the stored rejection; true asks anew with a new key. Other bytes always do. @default false */
  retryRejected?: boolean;
  /** What makes two calls "the same request". @default method, URL, frozen headers and body bytes */
  fingerprint?: string;
  /** What a 202 of this call means: poll the address it names, ask again with the same key, or the final answer. @default the profile's */
  accepted?: Accepted;
  /** Whether an answer that proves a rejection rejects the promise with HTTPError. @default the client's, true */
  throwHttpErrors?: boolean;
}

/** Lazy: the work starts at the call, but the Response view and its rejection exist only once somebody asks (then, catch, finally, await,
 *  json, ...): an unread result is in the journal, never an unhandled rejection. Errors before the claim (usage, journal) reject at once.
 *  Not an instance of Promise. */
export interface OperationPromise extends Promise<Response> {
  /** The parsed body. Throws ResponseBodyError (effect 'done') where it is not JSON. */
  json<T = unknown>(): Promise<T>;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
  blob(): Promise<Blob>;
  /** Rejects only with UsageError, OperationConflictError or JournalError; waitTimeout gives status 'pending'. */
  outcome<T = unknown>(): Promise<Outcome<T>>;
}

export type Send = (url: string | URL, options: CallOptions) => OperationPromise;

export interface Client {
  readonly post: Send;
  readonly put: Send;
  readonly patch: Send;
  readonly delete: Send;
  /** Any other method that has an effect. GET, HEAD and OPTIONS are refused: they need no key. */
  request(method: string, url: string | URL, options: CallOptions): OperationPromise;
  readonly operations: Operations;
  /** Opens the journal and checks the configuration: fail fast at boot, never at import. */
  ready(): Promise<Diagnosis>;
  /** Resolves when nothing is being sent or due now. The foreground loop, its backoff included, holds it; parked work does not. */
  idle(options?: { signal?: AbortSignal }): Promise<void>;
  /** Callers still waiting get StillPendingError (waiting 'interrupted', the operation's effect); CLOSED is for calls made afterwards. */
  close(options?: { timeout?: Duration }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
  /** Same journal and drivers; other owner, scope, headers, credentials. */
  extend(
    options: Partial<
      Pick<
        ClientOptions,
        'owner' | 'scope' | 'headers' | 'authorize' | 'credentials' | 'waitTimeout' | 'throwHttpErrors'
      >
    >,
  ): Client;
}

export interface Filter {
  status?: OperationStatus | readonly OperationStatus[];
  id?: OperationId;
  /** Names that start with these parts: `['cart']` matches `cart/8f3`, not `carton/1`. A string matches as written. */
  prefix?: OperationId;
  limit?: number;
}

/** Sees and touches the current owner's operations only; nobody signed in => NO_OWNER. */
export interface Operations {
  /** Takes over unfinished operations and hands out outcomes nobody has acknowledged. Returns at once; idempotent. */
  resume(filter?: Filter): Promise<readonly Operation[]>;
  get(id: OperationId): Promise<Operation | undefined>;
  list(filter?: Filter): Promise<readonly Operation[]>;
  /** Joins by id alone. Rejects only for signal, storage or an unknown id. */
  outcome<T = unknown>(
    id: OperationId,
    options?: { signal?: AbortSignal; waitTimeout?: Duration },
  ): Promise<Outcome<T>>;
  /** "Try now": skips backoff, never a Retry-After. Sends an interrupted anonymous operation with its own key. */
  wake(id?: OperationId): Promise<void>;
  /** Says that the outcome has reached whoever it was for: `resume()` no longer returns it. */
  acknowledge(id: OperationId): Promise<void>;
  /** Ends an operation. Where the effect is 'possible' it takes the explicit option. Leaves a tombstone. */
  discard(id: OperationId, options?: { evenIfPossiblySent?: boolean }): Promise<void>;
  /** A person decides an in-doubt operation. */
  resolve(id: OperationId, verdict: Verdict): Promise<Outcome>;
  /** Removes the tombstone too: the id may be charged again. */
  forget(id: OperationId): Promise<void>;
  /** After the browser lost the journal, once the application has reconciled with its server: names that neither the journal nor its mirror knows may be
   *  claimed again. Those that the mirror knows keep their keys. Holds for every owner, and for every client on this journal. */
  acknowledgeLoss(): Promise<void>;
}

/** done => succeeded (recovered). none => discarded with effect none: the name is free again; refused while the last attempt could still
 *  arrive (attemptTimeout + 60 s). */
export type Verdict = { effect: 'done'; response?: Response } | { effect: 'none' };

/** What `authorize` is told about the attempt it supplies credentials for. */
export interface AttemptInfo {
  readonly operation: Operation;
  readonly attempt: number;
  readonly resumed: boolean;
  /** 'unauthorized': the server refused the credentials of this very attempt; bring fresh ones. */
  readonly reason: 'attempt' | 'unauthorized';
}

export interface ClientOptions {
  /** What relative URLs are resolved against, as `new URL(url, baseUrl)` does. @default none: URLs must be absolute */
  baseUrl?: string | URL;
  /** Required. The generic one wants the lifetime the server documents: `ietf({ keyLifetime: '24h' })`. */
  profile: Profile;
  /** Namespace in the journal: two clients with other names do not meet. @default origin and path of baseUrl + profile name */
  name?: string;
  /** Whose operations. A function returning undefined means nobody is signed in: refused. @default Node 'default'; browser: none, must be said */
  owner?: string | (() => string | undefined | Promise<string | undefined>);
  /** Account + environment + API-key id: what the server scopes keys by. Stored; another scope at attempt time parks the operation. @default none */
  scope?: string;
  /** @default browser: IndexedDB. Node: none; the first operation (or ready()) fails with the line to add */
  journal?: Journal;
  /** Frozen into every operation. No credentials. @default none */
  headers?: HeadersInit;
  /** Credentials, asked at every attempt for the operation's own owner, never stored. May only set credential headers (authorization, cookie,
   *  x-api-key, x-csrf-token, dpop, ... + authorizeHeaders); anything else throws. */
  authorize?: (info: AttemptInfo) => HeadersInit | Promise<HeadersInit>;
  /** Further header names `authorize` may set. @default [] */
  authorizeHeaders?: readonly string[];
  /** Further header names that may be stored: no secrets. @default [] */
  safeHeaders?: readonly string[];
  /** Other https origins that may serve the addresses of accepted operations and results; they never get credentials. @default [] */
  trustedOrigins?: readonly string[];
  /** Asked what became of an operation before it is given up as in doubt, and at every `resume()` while it is: look it up in your own records or at the
   *  provider. `done` ends it as succeeded, `none` as discarded, and is not taken while the last attempt could still arrive; undefined leaves the doubt.
   *  It has 30 seconds. `tools.fetch` only asks: GET and HEAD, at the operation's own origin, with its credentials, and at `trustedOrigins`. @default none */
  reconcile?: (
    operation: Operation,
    tools: { readonly key: string; readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
  ) => Promise<Verdict | undefined> | Verdict | undefined;
  /** As in fetch. @default 'same-origin' */
  credentials?: RequestCredentials;
  /** Sends one attempt. Must not retry by itself. @default globalThis.fetch, looked up at every attempt */
  fetch?: typeof globalThis.fetch;
  /** Fresh for every attempt; covers headers and body. @default '30s' */
  attemptTimeout?: Duration;
  /** How long a caller's promise waits. @default '60s' */
  waitTimeout?: Duration;
  retry?: {
    /** Attempts in the foreground, the first included; later ones are parked retries. 1 = never repeat: then possible => in doubt
     *  'not-repeatable'. @default 8 */
    limit?: number;
    /** @default '500ms' */
    baseDelay?: Duration;
    /** @default '30s' */
    maxDelay?: Duration;
  };
  /** Attempts at once per origin, for all operations of this client together; the others wait their turn. @default 4 */
  concurrency?: number;
  /** @default true */
  throwHttpErrors?: boolean;
  clock?: Clock;
  random?: Random;
  locks?: Locks;
}

/** How far a stored record survives: this device's power cut, a replicated store, an unspecified commit, or only this process. */
export type Durability = 'device' | 'replicated' | 'commit' | 'process';

/** What `ready()` found. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly journal: {
    readonly kind: string;
    readonly durability: Durability;
    readonly pending: number;
    readonly inDoubt: number;
  };
  readonly problems: readonly { readonly code: ErrorCode; readonly reason?: JournalReason; readonly message: string }[];
}

export type ErrorCode =
  | 'ERR_ONCEWARD_HTTP'
  | 'ERR_ONCEWARD_IN_DOUBT'
  | 'ERR_ONCEWARD_STILL_PENDING'
  | 'ERR_ONCEWARD_NOT_SENT'
  | 'ERR_ONCEWARD_CONFLICT'
  | 'ERR_ONCEWARD_ALREADY_FINISHED'
  | 'ERR_ONCEWARD_DISCARDED'
  | 'ERR_ONCEWARD_RESPONSE_BODY'
  | 'ERR_ONCEWARD_JOURNAL'
  | 'ERR_ONCEWARD_WRONG_STATE'
  | 'ERR_ONCEWARD_REDIRECT'
  /** Only in `Diagnosis.problems`. */
  | 'ERR_ONCEWARD_JOURNAL_LOST'
  | UsageCode;

/** Programming errors: raised before anything is stored or sent. */
export type UsageCode =
  | 'ERR_ONCEWARD_JOURNAL_REQUIRED'
  | 'ERR_ONCEWARD_NO_OWNER'
  | 'ERR_ONCEWARD_MISSING_ID'
  | 'ERR_ONCEWARD_INVALID_ID'
  | 'ERR_ONCEWARD_INVALID_BODY'
  | 'ERR_ONCEWARD_CARD_DATA'
  | 'ERR_ONCEWARD_INVALID_OPTION'
  | 'ERR_ONCEWARD_UNKNOWN_ID'
  | 'ERR_ONCEWARD_CLOSED';
