import { OncewardError } from './onceward-error.ts';

/** It happened, and the response is no longer kept. Nothing was sent. */
export class AlreadyFinishedError extends OncewardError {
  override readonly name = 'AlreadyFinishedError' as const;
  declare readonly code: 'ERR_ONCEWARD_ALREADY_FINISHED';
  readonly finishedAt: number;

  constructor(operationId: string, finishedAt: number) {
    super(
      'ERR_ONCEWARD_ALREADY_FINISHED',
      `${operationId} happened at ${new Date(finishedAt).toISOString()}; its response is no longer kept. Nothing was sent.`,
      { effect: 'done', operationId },
    );
    this.finishedAt = finishedAt;
  }
}
