import type { Effect } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** Somebody discarded the operation. Where the effect is 'possible' its name stays taken. */
export class DiscardedError extends OncewardError {
  override readonly name = 'DiscardedError' as const;
  declare readonly code: 'ERR_ONCEWARD_DISCARDED';

  constructor(operationId: string, effect: Effect) {
    super(
      'ERR_ONCEWARD_DISCARDED',
      effect === 'none'
        ? `${operationId} was discarded before anything happened.`
        : `${operationId} was discarded although it may have happened. Its name stays taken; operations.forget() frees it.`,
      { effect, operationId },
    );
  }
}
