import { ResponseBodyError } from './errors/response-body-error.ts';
import { toAnswer, toOutcome, toResponse } from './outcome.ts';
import { decodeText } from './text.ts';
import type { OperationPromise, Outcome } from './types.ts';
import type { Waited } from './wait.ts';

export interface PendingCall {
  /** Called once somebody asks. Rejects with UsageError, JournalError or OperationConflictError. */
  readonly wait: () => Promise<Waited>;
  readonly throwHttpErrors: boolean;
  /** The outcome is about to be handed to whoever asked. */
  readonly delivered: (settled: Extract<Waited, { kind: 'settled' }>) => void;
  /** What an error should say beside what it says. */
  readonly hintFor: (url: string) => string | undefined;
}

/** The promise of one call. The work is under way since the call; the view of it exists only once somebody asks, so that a result nobody reads
 *  is never an unhandled rejection. */
export class LazyOperation implements OperationPromise {
  readonly [Symbol.toStringTag] = 'OperationPromise';
  readonly #call: PendingCall;
  #waited: Promise<Exclude<Waited, { kind: 'failed' }>> | undefined;

  constructor(call: PendingCall) {
    this.#call = call;
  }

  then<A = Response, B = never>(
    onFulfilled?: ((value: Response) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#response(this.#call.throwHttpErrors).then(onFulfilled, onRejected);
  }
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Response | B> {
    return this.#response(this.#call.throwHttpErrors).catch(onRejected);
  }
  finally(onFinally?: (() => void) | null): Promise<Response> {
    return this.#response(this.#call.throwHttpErrors).finally(onFinally);
  }

  async json<T = unknown>(): Promise<T> {
    const { id, status, body } = await this.#answer();
    try {
      return JSON.parse(textOf(body)) as T;
    } catch {
      throw new ResponseBodyError(id, status, 'JSON');
    }
  }
  async text(): Promise<string> {
    return textOf((await this.#answer()).body);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    const { body } = await this.#answer();
    return body === undefined ? new ArrayBuffer(0) : body.slice().buffer;
  }
  async blob(): Promise<Blob> {
    return (await this.#response(this.#call.throwHttpErrors)).blob();
  }
  async outcome<T = unknown>(): Promise<Outcome<T>> {
    return toOutcome<T>(await this.#settled());
  }

  async #response(throwHttpErrors: boolean): Promise<Response> {
    const waited = await this.#settled();
    return toResponse(waited, throwHttpErrors, this.#call.hintFor(waited.record.fixed.request.url));
  }

  /** The bytes are in memory already: a Response around them would only be read out again. */
  async #answer(): Promise<{ id: string; status: number; body: Uint8Array<ArrayBuffer> | undefined }> {
    const waited = await this.#settled();
    const { id, request } = waited.record.fixed;
    const { status, body } = toAnswer(waited, this.#call.throwHttpErrors, this.#call.hintFor(request.url));
    return { id, status, body };
  }

  /** One wait for all views. */
  async #settled(): Promise<Exclude<Waited, { kind: 'failed' }>> {
    this.#waited ??= this.#call.wait().then((waited) => {
      if (waited.kind === 'failed') throw waited.error;
      return waited;
    });
    const waited = await this.#waited;
    if (waited.kind === 'settled') this.#call.delivered(waited);
    return waited;
  }
}

function textOf(body: Uint8Array | undefined): string {
  return body === undefined ? '' : decodeText(body);
}
