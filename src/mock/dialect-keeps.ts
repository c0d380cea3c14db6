import { jsonOf, type ResponseAnswer } from '../core/answer.ts';
import { matches, matchRule } from '../core/match-rule.ts';
import type { ProfileData } from '../core/profile.ts';
import type { Answer } from './answer.ts';

/** Refusals by what stands before the operation: credentials, limits, the connection. Kept under a key they would bar it for good, and Stripe,
 *  which keeps nearly everything, documents that it does not keep them (docs.stripe.com/error-low-level). */
const BEFORE_THE_OPERATION: ReadonlySet<number> = new Set([401, 407, 408, 425, 429]);

/** Answers that tell the client to come back with the same key: kept, they would send it round for ever. */
const COME_BACK: ReadonlySet<unknown> = new Set(['retry', 'unchanged', 'in-progress']);

/** Whether an outcome is what the key stands for from now on. */
export type Keeps = (answer: Answer) => boolean;

export function keepsOf(data: ProfileData): Keeps {
  // Most answers are of a status that no rule of the profile speaks of: those need not be parsed to be asked about.
  const spokenOf = new Map<number, ProfileData>();
  return ({ status, headers, body }) => {
    const asStored = data.stores[kindOf(status)] === 'yes' && !BEFORE_THE_OPERATION.has(status);
    let about = spokenOf.get(status);
    if (about === undefined) {
      about = { ...data, rules: data.rules.filter(({ when }) => canBe(when.status, status)) };
      spokenOf.set(status, about);
    }
    if (about.rules.length === 0) return asStored;
    const lower = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
    const answer: ResponseAnswer = { kind: 'response', status, headers: lower, body };
    if (isMarkedKept(answer, about)) return true;
    return asStored && !COME_BACK.has(matchRule(answer, about, 'later'));
  };
}

function canBe(wanted: ProfileData['rules'][number]['when']['status'], status: number): boolean {
  const bare: ResponseAnswer = { kind: 'response', status, headers: [], body: new Uint8Array() };
  return wanted === undefined || matches({ status: wanted }, bare, undefined);
}

/** Stripe keeps some of its 400s, and says so by a header: what is final after a lost answer because of such a mark is kept. */
function isMarkedKept(answer: ResponseAnswer, { rules }: ProfileData): boolean {
  return rules.some(
    ({ when, means, context }) =>
      means === 'rejected' &&
      context !== 'first' &&
      when.header !== undefined &&
      when.header.name !== 'content-type' &&
      matches(when, answer, when.json === undefined && when.any === undefined ? undefined : jsonOf(answer)),
  );
}

function kindOf(status: number): keyof ProfileData['stores'] {
  if (status === 400 || status === 422) return 'validation';
  if (status >= 500) return 'serverErrors';
  return status >= 400 ? 'clientErrors' : 'success';
}
