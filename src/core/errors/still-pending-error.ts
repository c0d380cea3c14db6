import type { Effect, Waiting } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** This promise stopped waiting; the operation goes on. Call again with the same name, or `operations.outcome(id)`, to join it. */
export class StillPendingError extends OncewardError {
  override readonly name = 'StillPendingError' as const;
  declare readonly code: 'ERR_ONCEWARD_STILL_PENDING';
  readonly waiting: Waiting;
  /** When it will be tried again, where that is known. */
  readonly until?: number;

  constructor(
    operationId: string,
    details: {
      effect: Effect;
      waiting: Waiting;
      until?: number | undefined;
      cause?: unknown;
      /** What is probably wrong, where something is known. */
      hint?: string | undefined;
    },
  ) {
    super(
      'ERR_ONCEWARD_STILL_PENDING',
      `${operationId} is still pending (${details.waiting}). It goes on without this promise; call again with the same name to join it.${details.hint === undefined ? '' : ` ${details.hint}`}`,
      { effect: details.effect, operationId, cause: details.cause },
    );
    this.waiting = details.waiting;
    if (details.until !== undefined) this.until = details.until;
  }
}
