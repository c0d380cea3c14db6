import ky from 'ky';
import type { Answer, ResponseAnswer } from './answer.ts';
import type { Refusal } from './gate.ts';
import { OVER } from './over.ts';
import type { Clock } from './ports.ts';
import type { StoredRequest } from './record.ts';

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
  readonly clock: Clock;
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
export async function attempt(input: AttemptInput): Promise<AttemptResult> {
  if (input.stop.aborted) return CLOSED;
  const abort = new AbortController();
  const over = new AbortController();
  // A `fetch` that ignores its signal must not hold the operation for ever.
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = () => {
    abort.abort();
    reject(new Error('ended'));
  };
  input.stop.addEventListener('abort', end, { once: true });
  // ky's own timeout ends at the headers and knows no clock port: one sleep of ours covers headers and body.
  let timedOut = false;
  input.clock.sleep(input.attemptTimeout, over.signal).then(
    () => {
      timedOut = true;
      end();
    },
    () => undefined,
  );
  let called = false;
  const sent = () => {
    called = true;
    input.sent();
  };
  try {
    return await Promise.race([exchange({ ...input, sent }, abort.signal), ended]);
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', refusal: error.refusal };
    if (!called && input.stop.aborted) return CLOSED;
    return { kind: 'failure', code: timedOut ? 'TIMEOUT' : failureCode(error) };
  } finally {
    over.abort(OVER);
    input.stop.removeEventListener('abort', end);
  }
}

async function exchange(input: AttemptInput, signal: AbortSignal): Promise<Answer> {
  const { request } = input;
  // By lower-case name: two values in one header would be a third key, whatever names the options allow.
  const headers = Object.create(null) as Record<string, string>;
  for (const part of [request.headers, input.credentialHeaders, input.keyHeaders]) {
    for (const [name, value] of part) headers[name.toLowerCase()] = value;
  }
  const response = await ky(request.url, {
    method: request.method,
    headers,
    ...(request.body && { body: request.body }),
    credentials: input.credentials,
    signal,
    retry: 0,
    timeout: false,
    throwHttpErrors: false,
    redirect: 'manual',
    cache: 'no-store',
    fetch: (resource, init) => {
      // Told to end while ky was still getting ready: a fetch that ignores its signal would send now, after the result was given.
      const refusal = signal.aborted ? 'closed' : input.gate();
      if (refusal !== undefined) throw new Refused(refusal);
      input.sent();
      return input.send(resource, init);
    },
  });
  // What a fetch of the caller may resolve with where the platform's own rejects.
  if (response.type === 'error') return { kind: 'failure', code: 'NETWORK' };
  const body = new Uint8Array(await response.arrayBuffer());
  const answer: Answer = { kind: 'response', status: response.status, headers: [...response.headers], body };
  return isCutShort(answer, request.method, response.type) ? { kind: 'failure', code: 'TRUNCATED' } : answer;
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
