import { OncewardError } from './onceward-error.ts';

/** The server refused, and the refusal is authoritative: nothing happened. Change the request and call again with the same name. */
export class HTTPError<T = unknown> extends OncewardError {
  override readonly name = 'HTTPError' as const;
  declare readonly code: 'ERR_ONCEWARD_HTTP';
  readonly status: number;
  /** The refusal itself. Not enumerable: bodies stay out of logs. */
  declare readonly response: Response;
  /** Its body: parsed where it is JSON, else text; undefined where it is no longer kept. */
  declare readonly data: T | string | undefined;

  constructor(response: Response, data: T | string | undefined, operationId: string) {
    super(
      'ERR_ONCEWARD_HTTP',
      `${operationId}: the server answered ${response.status} and nothing happened. Change the request and call again with the same name.`,
      {
        effect: 'none',
        operationId,
      },
    );
    this.status = response.status;
    Object.defineProperty(this, 'response', { value: response });
    Object.defineProperty(this, 'data', { value: data });
  }
}
