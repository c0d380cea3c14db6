import type { Duration, InDoubtReason } from './types.ts';

/** A fact about somebody else's server. `unknown` is always legal, and taken the careful way. */
export type Fact = 'yes' | 'no' | 'unknown';

/** What an answer that matches a rule means. `observe` turns it into an effect and a next step. */
export type Meaning =
  /** The first request with this key has not finished: wait, same key, bounded. */
  | 'in-progress'
  /** Ask again with the same key: overload, a passing fault, or the server says so. */
  | 'retry'
  /** The same, and the API documents that this attempt had no effect: what was known before stays. */
  | 'unchanged'
  /** The API's final verdict: it did not happen. */
  | 'rejected'
  /** It has happened, and this answer is not its result. */
  | 'done'
  /** It has happened before: `recover` says where its result is. */
  | 'recover'
  /** The client stops, and does not know. */
  | { readonly doubt: InDoubtReason };

type Scalar = string | number | boolean;

/** A member of the JSON body by dotted path, `*` for any array element: `error.code`, `errors.*.code`. With the path alone: it is there. */
export interface JsonMatch {
  readonly path: string;
  readonly equals?: Scalar;
  readonly in?: readonly Scalar[];
  /** The end of the value's decimal text. Of several values at the path each must end so. */
  readonly endsIn?: readonly string[];
}

/** Every member given must match. */
export interface Match {
  /** One status, several, or a range. */
  readonly status?: number | readonly number[] | { readonly from: number; readonly to: number };
  /** A response header by lower-case name: present, equal to a text (case-insensitive), or containing one. In browsers an unexposed header does not match. */
  readonly header?: { readonly name: string; readonly equals?: string; readonly includes?: string };
  /** One member, or several that must all match. */
  readonly json?: JsonMatch | readonly JsonMatch[];
  /** Any one of these. */
  readonly any?: readonly Match[];
}

/** One line of an API's dialect. Rules run in order on every answer, 2xx included, before the generic table; the first match wins. */
export interface Rule {
  readonly when: Match;
  /** `first`: nothing was possible before this attempt. `later`: something was. Absent: both. */
  readonly context?: 'first' | 'later';
  readonly means: Meaning;
}

/** How long the server remembers a key. `floor`: at least so long. `unpublished` is taken as 5 minutes. */
export type Lifetime = (
  | { readonly kind: 'fixed' | 'floor'; readonly ms: number }
  | { readonly kind: 'forever' | 'unpublished' }
) & {
  /** What the server counts from. The client counts from its own first dispatch, which is never later. @default 'first-use' */
  readonly from?: 'first-use' | 'completion' | 'first-sent';
};

/** What differs from the rest of the API on one route. */
export interface RouteRule {
  readonly honoured: Fact;
  readonly lifetime?: Lifetime;
  readonly keyLimit?: number;
  readonly required?: Fact;
}

/** Where the result of an operation that happened can be read with GET. */
export interface Recovery {
  /** `{path}`: the request's own path; `{parent}`: the same without its last part; `{key}`: the key; `{pointer}`: see there. */
  readonly url: string;
  /** Where in the answer's JSON the id of the resource stands. */
  readonly pointer?: string;
  /** Where the key stands in the fetched answer: it must be this operation's own. A proxy that drops the query of a look-up would else show a
   *  stranger's object as a proof. */
  readonly keyAt?: string;
  /** What the fetched answer must look like to prove that it happened. Any other proves nothing. */
  readonly accept: Match;
  /** `named`: only where a rule says `recover`. `doubt`: also before any verdict "in doubt". */
  readonly when: 'named' | 'doubt';
}

/** An answer as the API's documentation prints it, for the mock. `<key>` is replaced by the key, `<id>` by the id of the stored result. */
export interface ExampleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a 202 means: poll the address it names, ask again with the same key, or the final answer. */
export type Accepted = 'monitor' | 'reask' | 'final';

/** One API's idempotency dialect, as data. The client reads it, the mock speaks it. */
export interface ProfileData {
  readonly name: string;
  /** A request header, or a member of the JSON body's top level. `sf-string`: in quotes, as the IETF draft has it and nobody deployed. */
  readonly carrier:
    | { readonly kind: 'header'; readonly name: string; readonly encoding?: 'raw' | 'sf-string' }
    | { readonly kind: 'json-body'; readonly path: string };
  readonly key: {
    /** Longest key the API takes on every route, in characters. */
    readonly limit: number;
    readonly uuidOnly?: boolean;
  };
  /** `'POST /v1/**'` -> whether the key is honoured there. First match wins; `*` matches any method or one path part, `**` any rest. No match: unknown,
   *  which is sent once and never again. */
  readonly routes: Readonly<Record<string, Fact | RouteRule>>;
  /** Whether a request without a key is refused. */
  readonly required: Fact;
  readonly lifetime: Lifetime;
  readonly accepted: Accepted;
  /** A monitor that says "failed": did the API promise that nothing happened? @default 'doubt' */
  readonly monitorFailure?: 'rejected' | 'doubt';
  /** How a replayed answer is marked; its absence means nothing. */
  readonly replay?: { readonly header: string; readonly equals: string };
  /** What is kept under the key and replayed. `validation`: 400 and 422. */
  readonly stores: {
    readonly success: Fact;
    readonly clientErrors: Fact;
    readonly serverErrors: Fact;
    readonly validation: Fact;
  };
  /** Statuses that prove a rejection: where nothing was possible before, and after a lost answer. The second needs an API that keeps them under the
   *  key: a late copy of the first request is bound by nothing else. */
  readonly rejections: { readonly first: readonly number[]; readonly later: readonly number[] };
  /** What a 409 means that no rule names. `final`: the API's own refusal, unless it carries a problem type or Retry-After. */
  readonly conflict: 'in-progress' | 'final';
  /** Request headers that change what the request means, and may therefore be frozen and stored. Lower case. */
  readonly companions: readonly string[];
  /** A request header that tells the time of the first send, stored with the key and never changed (Repeatability-First-Sent). */
  readonly firstSent?: string;
  readonly recover?: Recovery;
  /** Response headers that say how long to wait, in milliseconds; they come before Retry-After. Lower case. */
  readonly waitHeaders?: readonly string[];
  /** The least wait after a status, in milliseconds. */
  readonly minWait?: Readonly<Record<number, number>>;
  /** What a page needs: whether a browser may call the API, and the headers it must expose. */
  readonly cors: { readonly callable: Fact; readonly expose: readonly string[] };
  readonly rules: readonly Rule[];
  /** What the mock answers; where nothing is published, the mock uses plain words of its own. */
  readonly answers: {
    readonly inProgress?: ExampleAnswer;
    readonly mismatch?: ExampleAnswer;
    readonly missingKey?: ExampleAnswer;
    readonly malformedKey?: ExampleAnswer;
    /** To a key that is known to be too old. Absent: forgotten keys are new keys. */
    readonly expired?: ExampleAnswer;
    /** To a repeat of a request that succeeded. Absent: the stored answer itself. */
    readonly replay?: ExampleAnswer;
    /** Headers on every answer for which the key was honoured. */
    readonly honoured?: Readonly<Record<string, string>>;
  };
}

/** A profile as it is handed to `createClient` and `createMock`. */
export interface Profile {
  readonly name: string;
  readonly data: ProfileData;
  /** What the caller knows better: the lifetime of an account or an API that publishes none, what a 202 means, further routes that honour the key.
   *
   *  @example stripeV1.with({ keyLifetime: '30d' })
   */
  with(options: {
    keyLifetime?: Duration;
    accepted?: Accepted;
    routes?: Readonly<Record<string, 'yes' | 'no'>>;
  }): Profile;
}
