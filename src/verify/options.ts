import type { Profile } from '../core/profile.ts';
import type { Duration } from '../core/types.ts';
import type { VerifyResult } from './report.ts';

/** One request, without its key: the checker adds that where the profile carries it. */
export interface VerifyRequest {
  /** Below `url`: `/charges`. */
  readonly path: string;
  /** @default none: no body is sent */
  readonly json?: unknown;
  /** @default 'POST' */
  readonly method?: string;
}

/** What only the server's own side can do. Each case that needs one of these is skipped without it. */
export interface VerifyHooks {
  /** Ends the server as a power cut would: whatever runs is gone. */
  crash?(): Promise<void>;
  /** Starts the server (again), at the same address. Called after every `crash`, and alone to restart a server that runs. */
  restart?(): Promise<void>;
  /** Moves the server's clock on by milliseconds. */
  advance?(ms: number): Promise<void>;
  /** From now on every execution for `n` takes this many milliseconds longer. */
  slow?(n: string, ms: number): Promise<void>;
  /** The next execution for `n` does nothing, and answers with this status. */
  fail?(n: string, status: number): Promise<void>;
}

/** How long the checker waits for what. */
export interface VerifyLimits {
  /** For one answer. @default '30s', or twice `slow` if that is longer */
  readonly attempt?: Duration;
  /** For a key to come to an end, with repeats. @default '60s', or four times `slow` if that is longer */
  readonly patience?: Duration;
  /** For the effect probe to see what has happened; then the case is inconclusive. @default '2s' */
  readonly probe?: Duration;
  /** What C20 asks the hook `slow` for: longer than the lease of the server's locks, or it shows nothing. Other cases ask for a quarter. @default '5s' */
  readonly slow?: Duration;
  /** The longest wait between two repeats, whatever Retry-After says. @default '1s' */
  readonly pause?: Duration;
}

export interface VerifyOptions {
  /** Where the server is. Beyond loopback `ownServer` is needed. */
  url: string;
  /** What to expect. @default ietf({ keyLifetime: '24h' }) */
  profile?: Profile;
  /** One request for each `n`, the same for the same `n`. `n` must be in it, and the effect probe must find it: it is unique per call and begins with
   *  `onceward-`, so that what was made can be found and cleaned up. */
  request: (n: string) => VerifyRequest;
  /** A request that the server refuses as invalid, for C04. @default C04 needs the hook `fail` */
  invalidRequest?: (n: string) => VerifyRequest;
  /** How often the effect of `n` has happened. @default none: verdicts rest on comparing answers and are marked weak */
  countEffects?: (n: string) => Promise<number>;
  /** Sent with every request: credentials. Never printed. @default none */
  headers?: HeadersInit;
  /** Instead of `headers`, for requests of a second tenant. @default none: C15 is skipped */
  secondHeaders?: HeadersInit;
  /** @default none */
  hooks?: VerifyHooks;
  /** Ids of cases: only these; C01 is always asked, because the others build on it. @default all */
  only?: readonly string[];
  /** Ids of cases: not these. @default none */
  skip?: readonly string[];
  /** How often cases are tried that depend on timing. @default 20 */
  repeat?: number;
  /** How many keys C25 uses. @default 1000 on loopback, else 100 */
  soak?: number;
  /** Of what is drawn at random. @default a random one; the report says which */
  seed?: number;
  /** Requests a second; requests that have to arrive at once do so, and are paid for afterwards. @default no limit on loopback, else 10 */
  rate?: number;
  limits?: VerifyLimits;
  /** Sends nothing; every case says what it would send. @default false */
  dryRun?: boolean;
  /** Called after each case: a run can take minutes. @default none */
  onResult?: (result: VerifyResult) => void;
  /** "This server is mine, and no production system": required beyond loopback. @default false */
  ownServer?: boolean;
}
