import { isJson } from './answer.ts';
import { AlreadyFinishedError } from './errors/already-finished-error.ts';
import { DiscardedError } from './errors/discarded-error.ts';
import { HTTPError } from './errors/http-error.ts';
import { InDoubtError } from './errors/in-doubt-error.ts';
import { NotSentError } from './errors/not-sent-error.ts';
import { RedirectError } from './errors/redirect-error.ts';
import { StillPendingError } from './errors/still-pending-error.ts';
import { effectOfRecord, shownUrl, toOperation } from './operation.ts';
import type { RecordedResponse } from './record.ts';
import { decodeText } from './text.ts';
import type { Outcome, StoredResponse } from './types.ts';
import type { Waited } from './wait.ts';

type Reached = Exclude<Waited, { kind: 'failed' }>;
type Finished = Extract<Waited, { kind: 'settled' }>;

/** Statuses whose Response must not have a body. */
const NULL_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** What became of the operation, as plain data. */
export function toOutcome<T>(waited: Reached): Outcome<T> {
  const { record } = waited;
  if (waited.kind === 'pending') {
    const effect = effectOfRecord(record) === 'none' ? 'none' : 'possible';
    return {
      operation: toOperation(record, waited),
      persisted: true,
      status: 'pending',
      effect,
      waiting: waited.waiting,
    };
  }
  const { persisted, source } = waited;
  const { state } = record;
  const base = { operation: toOperation(record), persisted };
  const response = state.response && !state.tombstone ? stored<T>(state.response) : undefined;
  switch (state.state) {
    case 'succeeded':
      return { ...base, status: 'succeeded', effect: 'done', source, response };
    case 'rejected':
      return { ...base, status: 'rejected', effect: 'none', source, response };
    case 'not-sent':
      return { ...base, status: 'not-sent', effect: 'none' };
    case 'discarded':
      if (effectOfRecord(record) === 'none') return { ...base, status: 'discarded', effect: 'none' };
      return {
        ...base,
        status: 'discarded',
        effect: 'possible',
        ...(state.reason !== undefined && { reason: state.reason }),
      };
    default:
      return {
        ...base,
        status: 'in-doubt',
        effect: 'possible',
        reason: state.reason ?? 'stuck',
        ...(response && { response }),
      };
  }
}

/** The Response a caller of `post` gets.
 *  @param hint what is probably wrong, where nothing is known of the effect
 *  @throws the error that says what became of the operation */
export function toResponse(waited: Reached, throwHttpErrors: boolean, hint?: string): Response {
  return asResponse(toAnswer(waited, throwHttpErrors, hint));
}

/** The same as it is kept, for whoever wants its body alone. Not to be written into.
 *  @throws as `toResponse` */
export function toAnswer(waited: Reached, throwHttpErrors: boolean, hint?: string): RecordedResponse {
  const { record } = waited;
  const { id } = record.fixed;
  if (waited.kind === 'pending') {
    throw new StillPendingError(id, {
      effect: effectOfRecord(record),
      waiting: waited.waiting,
      until: waited.until,
      cause: waited.cause,
      hint,
    });
  }
  const { state } = record;
  switch (state.state) {
    case 'succeeded':
      // Of a large body, and of a collected one, only the fact is kept.
      if (state.response?.body === undefined)
        throw new AlreadyFinishedError(id, state.finishedAt ?? record.fixed.createdAt);
      return state.response;
    case 'rejected':
      return rejection(waited, throwHttpErrors);
    case 'not-sent':
      throw new NotSentError(id, waited.cause);
    case 'discarded':
      throw new DiscardedError(id, effectOfRecord(record));
    default:
      throw new InDoubtError(state.reason ?? 'stuck', id, hint);
  }
}

function rejection({ record }: Finished, throwHttpErrors: boolean): RecordedResponse {
  const { state, fixed } = record;
  if (state.redirectedTo !== undefined) {
    const { url } = fixed.request;
    throw new RedirectError(fixed.id, { from: shownUrl(url), to: shownUrl(state.redirectedTo, url), effect: 'none' });
  }
  const answer = state.response ?? { status: 400, headers: {} };
  if (!throwHttpErrors) return answer;
  const { body } = state.response ?? {};
  const data = dataOf(state.response);
  throw new HTTPError(asResponse(answer), data === undefined && body ? decodeText(body) : data, fixed.id);
}

function asResponse({ status, headers, body }: RecordedResponse): Response {
  return new Response(NULL_BODY.has(status) || body === undefined ? null : body.slice(), {
    status,
    headers: { ...headers },
  });
}

function stored<T>(response: RecordedResponse): StoredResponse<T> | undefined {
  const { status, headers, body } = response;
  if (body === undefined) return undefined;
  const data = dataOf(response) as T | undefined;
  return Object.freeze({
    status,
    headers: Object.freeze({ ...headers }),
    body: body.slice(),
    ...(data !== undefined && { data }),
  });
}

function dataOf(response: RecordedResponse | undefined): unknown {
  const type = (response?.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (response?.body === undefined || !isJson(type)) return undefined;
  try {
    return JSON.parse(decodeText(response.body));
  } catch {
    return undefined;
  }
}
