import type { Effect } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** What is wrong with the journal. */
export type JournalReason =
  | 'unavailable'
  | 'quota'
  | 'blocked'
  | 'corrupt'
  | 'read-only'
  | 'network-fs'
  | 'newer-version'
  | 'lost';

/** The journal could not make something durable, or cannot be read. Before a send: nothing was sent. */
export class JournalError extends OncewardError {
  override readonly name = 'JournalError' as const;
  declare readonly code: 'ERR_ONCEWARD_JOURNAL';
  readonly reason: JournalReason;

  constructor(
    reason: JournalReason,
    message: string,
    details: { cause?: unknown; operationId?: string | undefined; effect?: Effect } = {},
  ) {
    super('ERR_ONCEWARD_JOURNAL', message, { effect: 'none', ...details });
    this.reason = reason;
  }
}
