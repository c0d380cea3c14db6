import { OncewardError } from './onceward-error.ts';

/** Cancelled, or its deadline passed, before anything left: nothing happened. The name is free again. */
export class NotSentError extends OncewardError {
  override readonly name = 'NotSentError' as const;
  declare readonly code: 'ERR_ONCEWARD_NOT_SENT';

  constructor(operationId: string, cause?: unknown) {
    super(
      'ERR_ONCEWARD_NOT_SENT',
      `${operationId} was not sent: it was cancelled, or its deadline passed, before anything left.`,
      {
        effect: 'none',
        operationId,
        cause,
      },
    );
  }
}
