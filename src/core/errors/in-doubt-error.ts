import type { InDoubtReason } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** What happened, and what to look at, per reason. */
const ADVICE: Readonly<Record<InDoubtReason, string>> = {
  'key-expired':
    'it may have happened, and the server may have forgotten the key, so sending again could do it twice. Look it up there',
  clock:
    'it may have happened, and the clock went back, so the age of the key is unknown. Set the clock right, and look it up at the server',
  'stored-error':
    'the server keeps this error under the key, and asking again only repeats it. Look up there what it did before the error',
  'key-mismatch':
    'the server says that this key belongs to another request: the bytes changed on the way, or the key is foreign. Find out which request used it',
  'monitor-lost': 'the server accepted it, and its status can no longer be read. Look it up there',
  stuck:
    'the server says that the first request is still in progress, for too long to believe. Ask its operator with the whole key',
  'not-repeatable':
    'it may have happened, and this API or configuration does not allow asking again. Look it up; if the route honours keys, declare it with profile.with({ routes })',
  'unproved-rejection':
    'the server refused it, in a way that does not prove that nothing happened before. Look the effect up; the refusal is in the outcome',
  deadline: 'its deadline passed while it may have happened. Look it up at the server',
  'unreadable-response':
    'something answered that does not prove what the server did: a captive portal or a proxy, perhaps. Check the address, and look it up',
  redirect:
    'the server sent the request elsewhere, where it cannot be followed safely. Correct the URL, and look it up at the server',
};

/** The effect is possible and will not be tried again. Look the effect up at the server, then `operations.resolve(id, verdict)`. */
export class InDoubtError extends OncewardError {
  override readonly name = 'InDoubtError' as const;
  declare readonly code: 'ERR_ONCEWARD_IN_DOUBT';
  readonly reason: InDoubtReason;

  /** @param hint what is probably wrong, where something is known */
  constructor(reason: InDoubtReason, operationId: string, hint?: string) {
    super(
      'ERR_ONCEWARD_IN_DOUBT',
      `${operationId} is in doubt (${reason}): ${ADVICE[reason]}. Nothing more will be sent; decide it with operations.resolve().${hint === undefined ? '' : ` ${hint}`}`,
      { effect: 'possible', operationId },
    );
    this.reason = reason;
  }
}
