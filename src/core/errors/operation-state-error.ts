import type { Effect } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** The operation is not in a state in which this can be done to it. */
export class OperationStateError extends OncewardError {
  override readonly name = 'OperationStateError' as const;
  declare readonly code: 'ERR_ONCEWARD_WRONG_STATE';

  constructor(operationId: string, effect: Effect, what: string) {
    super('ERR_ONCEWARD_WRONG_STATE', `${operationId}: ${what}`, { effect, operationId });
  }
}
