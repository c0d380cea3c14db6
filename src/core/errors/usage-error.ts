import type { UsageCode } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** The call or the configuration is wrong. Nothing was stored, nothing was sent. */
export class UsageError extends OncewardError {
  override readonly name = 'UsageError' as const;
  declare readonly code: UsageCode;
  declare readonly effect: 'none';

  constructor(code: UsageCode, message: string, operationId?: string) {
    super(code, message, { effect: 'none', operationId });
  }
}
