import type { InDoubtReason } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** What happened and what to do, per reason. */
const ADVICE: Readonly<Record<InDoubtReason, string>> = {
  'key-expired': 'it may have happened, and the server may have forgotten the key, so sending again could do it twice',
  clock: 'it may have happened, and the clock went back, so the age of the key is unknown',
  'stored-error': 'the server keeps answering with the same stored error, and what it did before that is unknown',
  'key-mismatch':
    'the server says that this key belongs to another request: the bytes changed on the way, or the key is foreign',
  'monitor-lost': 'the server accepted it, and its status can no longer be read',
  stuck: 'the server says that the first request is still in progress, for too long to believe',
  'not-repeatable': 'it may have happened, and this API or this configuration does not allow asking again',
  'unproved-rejection': 'the server refused a later attempt, which says nothing about an earlier one',
  deadline: 'its deadline passed while it may have happened',
  'unreadable-response': 'something answered, but not in a form that proves what the server did',
  redirect: 'the server sent the request elsewhere, where it cannot be followed safely',
};

/** The effect is possible and will not be tried again. Look the effect up at the server, then `operations.resolve(id, verdict)`. */
export class InDoubtError extends OncewardError {
  override readonly name = 'InDoubtError' as const;
  declare readonly code: 'ERR_ONCEWARD_IN_DOUBT';
  readonly reason: InDoubtReason;

  constructor(reason: InDoubtReason, operationId: string) {
    super(
      'ERR_ONCEWARD_IN_DOUBT',
      `${operationId} is in doubt (${reason}): ${ADVICE[reason]}. Nothing more will be sent. Look it up at the server, then call operations.resolve().`,
      { effect: 'possible', operationId },
    );
    this.reason = reason;
  }
}
