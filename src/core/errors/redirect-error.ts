import type { Effect } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** The server redirected the request to another address. Correct the URL and call again. */
export class RedirectError extends OncewardError {
  override readonly name = 'RedirectError' as const;
  declare readonly code: 'ERR_ONCEWARD_REDIRECT';
  readonly from: string;
  readonly to: string;

  constructor(operationId: string, details: { from: string; to: string; effect: Effect }) {
    super(
      'ERR_ONCEWARD_REDIRECT',
      `${operationId} was redirected from ${details.from} to ${details.to}. A redirect turns POST into GET, so it was not followed: use the new address.`,
      { effect: details.effect, operationId },
    );
    this.from = details.from;
    this.to = details.to;
  }
}
