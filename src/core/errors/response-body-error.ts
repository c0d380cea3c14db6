import { OncewardError } from './onceward-error.ts';

/** It happened; the body is not what was asked for. The payment did not fail. */
export class ResponseBodyError extends OncewardError {
  override readonly name = 'ResponseBodyError' as const;
  declare readonly code: 'ERR_ONCEWARD_RESPONSE_BODY';

  constructor(operationId: string, status: number, wanted: string) {
    super('ERR_ONCEWARD_RESPONSE_BODY', `${operationId} happened (status ${status}), but its body is not ${wanted}.`, {
      effect: 'done',
      operationId,
    });
  }
}
