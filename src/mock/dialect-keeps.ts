import { matchRule } from '../core/match-rule.ts';
import type { ProfileData } from '../core/profile.ts';
import type { Answer } from './answer.ts';

/** Refusals by what stands before the operation: credentials, limits, the connection. Kept under a key they would bar it for good, and Stripe,
 *  which keeps nearly everything, documents that it does not keep them (docs.stripe.com/error-low-level). */
const BEFORE_THE_OPERATION: ReadonlySet<number> = new Set([401, 407, 408, 425, 429]);

/** Answers that tell the client to come back with the same key: kept, they would send it round for ever. */
const COME_BACK: ReadonlySet<unknown> = new Set(['retry', 'unchanged', 'in-progress']);

/** Whether an outcome is what the key stands for from now on. The profile's rules first: what they call final after a lost answer is final only if
 *  it is kept. */
export function keeps(answer: Answer, data: ProfileData): boolean {
  const { status } = answer;
  const headers = answer.headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  const meaning = matchRule({ kind: 'response', status, headers, body: answer.body }, data, 'later');
  if (meaning === 'rejected') return true;
  if (COME_BACK.has(meaning) || BEFORE_THE_OPERATION.has(status)) return false;
  return data.rejections.later.includes(status) || data.stores[kindOf(status)] === 'yes';
}

function kindOf(status: number): keyof ProfileData['stores'] {
  if (status === 400 || status === 422) return 'validation';
  if (status >= 500) return 'serverErrors';
  return status >= 400 ? 'clientErrors' : 'success';
}
