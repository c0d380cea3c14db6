import { ResponseBodyError } from './errors/response-body-error.ts';
import { toOutcome, toResponse } from './outcome.ts';
import type { OperationRecord } from './record.ts';
import type { OperationPromise, Outcome } from './types.ts';
import type { Waited } from './wait.ts';

export interface PendingCall {
  /** Called once somebody asks. Rejects with UsageError, JournalError or OperationConflictError. */
  readonly wait: () => Promise<Waited>;
  readonly throwHttpErrors: boolean;
  /** The outcome is about to be handed to whoever asked. */
  readonly delivered: (record: OperationRecord) => void;
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
    const { response, id } = await this.#body();
    const text = await response.text();
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ResponseBodyError(id, response.status, 'JSON');
    }
  }
  async text(): Promise<string> {
    return (await this.#body()).response.text();
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#body()).response.arrayBuffer();
  }
  async blob(): Promise<Blob> {
    return (await this.#body()).response.blob();
  }
  async outcome<T = unknown>(): Promise<Outcome<T>> {
    return toOutcome<T>(await this.#settled());
  }

  async #response(throwHttpErrors: boolean): Promise<Response> {
    const waited = await this.#settled();
    return toResponse(waited, throwHttpErrors, this.#call.hintFor(waited.record.fixed.request.url));
  }

  async #body(): Promise<{ response: Response; id: string }> {
    const response = await this.#response(this.#call.throwHttpErrors);
    return { response, id: (await this.#settled()).record.fixed.id };
  }

  /** One wait for all views. */
  async #settled(): Promise<Exclude<Waited, { kind: 'failed' }>> {
    this.#waited ??= this.#call.wait().then((waited) => {
      if (waited.kind === 'failed') throw waited.error;
      return waited;
    });
    const waited = await this.#waited;
    if (waited.kind === 'settled') this.#call.delivered(waited.record);
    return waited;
  }
}
