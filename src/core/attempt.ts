import ky from 'ky';
import type { Answer, ResponseAnswer } from './answer.ts';
import type { Refusal } from './gate.ts';
import type { StoredRequest } from './record.ts';
import type { TimeLimits } from './time-limits.ts';

/** Thrown by the gate inside `fetch`: proves that fetch was not called. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal);
    this.refusal = refusal;
  }
}

export interface AttemptInput {
  readonly request: StoredRequest;
  /** The key and what is stored with it; none where the body carries it, or nothing is repeated. */
  readonly keyHeaders: readonly (readonly [string, string])[];
  /** Credentials of this attempt; never stored. */
  readonly credentialHeaders: readonly (readonly [string, string])[];
  readonly credentials: RequestCredentials;
  readonly send: typeof globalThis.fetch;
  readonly limits: TimeLimits;
  readonly attemptTimeout: number;
  /** Ends the exchange: the client was closed. */
  readonly stop: AbortSignal;
  /** Synchronous; undefined lets the request out. */
  readonly gate: () => Refusal | undefined;
  /** Called right after the gate, before the first byte. */
  readonly sent: () => void;
}

export type AttemptResult = Answer | { readonly kind: 'refused'; readonly refusal: Refusal };

const CLOSED: AttemptResult = { kind: 'refused', refusal: 'closed' };

/** One HTTP exchange: sends, and reads the whole body, within `attemptTimeout`. Never throws: what went wrong is a failure, and a failure after
 *  fetch was called says nothing about the server. */
export function attempt(input: AttemptInput): Promise<AttemptResult> {
  const { stop } = input;
  if (stop.aborted) return Promise.resolve(CLOSED);
  return new Promise((resolve) => {
    const abort = new AbortController();
    const under: UnderWay = { signal: abort.signal, input, called: false };
    const done = (result: AttemptResult) => {
      under.input = undefined;
      lift();
      stop.removeEventListener('abort', close);
      resolve(result);
    };
    // Not only the signal: a `fetch` that ignores it must not hold the operation for ever.
    const end = (result: AttemptResult) => {
      abort.abort();
      done(result);
    };
    const close = () => end(under.called ? { kind: 'failure', code: 'CLOSED' } : CLOSED);
    stop.addEventListener('abort', close);
    // ky's own timeout ends at the headers and knows no clock port: one limit of ours covers headers and body.
    const lift = input.limits.set(input.attemptTimeout, () => end({ kind: 'failure', code: 'TIMEOUT' }));
    exchange(input.request, under).then(done, (error: unknown) =>
      done(
        error instanceof Refused
          ? { kind: 'refused', refusal: error.refusal }
          : { kind: 'failure', code: failureCode(error) },
      ),
    );
  });
}

/** An exchange under way. */
interface UnderWay {
  readonly signal: AbortSignal;
  /** Let go of at its end: platforms keep requests with a signal, and through ky all that is named here, until a major collection. */
  input: AttemptInput | undefined;
  called: boolean;
}

async function exchange({ method, url }: StoredRequest, under: UnderWay): Promise<Answer> {
  const response = await ky(url, {
    method,
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    fetch: (_, init) => {
      const { input, signal } = under;
      // Told to end while ky was still getting ready: a fetch that ignores its signal would send now, after the result was given.
      if (input === undefined || signal.aborted) throw new Refused('closed');
      const whole = wholeRequest(input, signal);
      const refusal = input.gate();
      if (refusal !== undefined) throw new Refused(refusal);
      under.called = true;
      input.sent();
      return input.send(whole, init);
    },
  });
  // What a fetch of the caller may resolve with where the platform's own rejects.
  if (response.type === 'error') return { kind: 'failure', code: 'NETWORK' };
  const body = new Uint8Array(await response.arrayBuffer());
  const answer: Answer = { kind: 'response', status: response.status, headers: [...response.headers], body };
  return isCutShort(answer, method, response.type) ? { kind: 'failure', code: 'TRUNCATED' } : answer;
}

/** Made once, here, and only named to ky: a request handed through it has its headers copied twice, and a signal of its own that follows two others,
 *  which together cost as much as all the rest of an attempt. */
function wholeRequest({ request, ...input }: AttemptInput, signal: AbortSignal): Request {
  // By lower-case name: two values in one header would be a third key, whatever names the options allow.
  const headers = Object.create(null) as Record<string, string>;
  for (const part of [request.headers, input.credentialHeaders, input.keyHeaders]) {
    for (const [name, value] of part) headers[name.toLowerCase()] = value;
  }
  return new Request(request.url, {
    method: request.method,
    headers,
    body: request.body ?? null,
    credentials: input.credentials,
    signal,
    redirect: 'manual',
    cache: 'no-store',
  });
}

/** Some engines resolve a body that was cut short (gzip, close-delimited). Lengths can be compared only where nothing was decoded; of a
 *  cross-origin response a browser shows Content-Length but hides Content-Encoding, so there nothing can be said. */
function isCutShort({ status, headers, body }: ResponseAnswer, method: string, type: ResponseType): boolean {
  const valueOf = (wanted: string) => headers.find(([name]) => name === wanted)?.[1];
  const length = valueOf('content-length');
  if (length === undefined || !/^\d+$/.test(length)) return false;
  if (type === 'cors' || valueOf('content-encoding') !== undefined) return false;
  // Without a body by definition, whatever length they name.
  if (method === 'HEAD' || status === 204 || status === 205 || status === 304) return false;
  return Number(length) !== body.length;
}

/** For events and logs only: no code proves that nothing was sent. */
function failureCode(error: unknown): string {
  for (
    let at = error, depth = 0;
    typeof at === 'object' && at !== null && depth < 4;
    at = (at as { cause?: unknown }).cause, depth++
  ) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return error instanceof Error ? error.name : 'UNKNOWN';
}
