import type { Duration } from './types.ts';

/** What an answer that matches a rule means. `observe` turns it into an effect and a next step. */
export type Meaning =
  /** The first request with this key has not finished: wait, same key, bounded. */
  | 'in-progress'
  /** Ask again with the same key: overload, a passing fault, or the server says so. */
  | 'retry'
  /** Our bytes changed on the way, or the key is foreign. */
  | 'mismatch'
  /** The server's stored answer is an error: asking again can only repeat it. */
  | 'stored-error'
  /** The API's final verdict: it did not happen. */
  | 'rejected'
  /** Something on the way drops the key: repeating is not protected. */
  | 'not-repeatable';

/** Every member given must match. */
export interface Match {
  /** One status, several, or a range `[from, to]` written as `{ from, to }`. */
  readonly status?: number | readonly number[] | { readonly from: number; readonly to: number };
  /** A response header by lower-case name: present, equal to a text (case-insensitive), or containing one. In browsers an unexposed header does not match. */
  readonly header?: { readonly name: string; readonly equals?: string; readonly includes?: string };
  /** A member of the JSON body by dotted path, `*` for any array element: `error.code`, `errors.*.code`. */
  readonly json?: { readonly path: string; readonly equals: string | number | boolean };
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

/** An answer as the API's documentation prints it, for the mock. `<key>` in a text is replaced by the key. */
export interface ExampleAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One API's idempotency dialect, as data. The client reads it, the mock speaks it. */
export interface ProfileData {
  readonly name: string;
  readonly carrier: { readonly kind: 'header'; readonly name: string };
  /** Longest key the API takes, in characters. */
  readonly keyLimit: number;
  /** `'POST /v1/**'` -> whether the key is honoured there. First match wins; `*` matches any method or one path part, `**` any rest. No match: unknown. */
  readonly routes: Readonly<Record<string, 'yes' | 'no' | 'unknown'>>;
  /** How long the server remembers a key. `unpublished` is taken as 5 minutes. */
  readonly lifetime:
    | { readonly kind: 'fixed' | 'floor'; readonly ms: number }
    | { readonly kind: 'forever' | 'unpublished' };
  /** What a 202 means. */
  readonly accepted: 'reask' | 'final';
  /** How a replayed answer is marked; its absence means nothing. */
  readonly replay?: { readonly header: string; readonly equals: string };
  /** What is kept under the key and replayed. */
  readonly stores: { readonly clientErrors: boolean; readonly serverErrors: boolean };
  /** Every listed 4xx is kept under the key, so it proves a rejection also after a lost answer. */
  readonly clientErrorsAreFinal: boolean;
  /** Statuses that prove a rejection where nothing was possible before. */
  readonly rejections: readonly number[];
  /** What a 409 means that no rule names. `final`: the API's own refusal, unless it carries a problem type or Retry-After. */
  readonly conflict: 'in-progress' | 'final';
  /** Request headers that change what the request means, and may therefore be frozen and stored. Lower case. */
  readonly companions: readonly string[];
  readonly rules: readonly Rule[];
  /** What the mock answers. */
  readonly answers: {
    readonly inProgress: ExampleAnswer;
    readonly mismatch: ExampleAnswer;
    readonly missingKey: ExampleAnswer;
    /** Whether a missing key is refused; else the request runs unprotected. */
    readonly requiresKey: boolean;
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
    accepted?: 'reask' | 'final';
    routes?: Readonly<Record<string, 'yes' | 'no'>>;
  }): Profile;
}
