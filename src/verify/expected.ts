import type { ResponseAnswer } from '../core/answer.ts';
import { keyLifetime } from '../core/key-age.ts';
import { matchRule } from '../core/match-rule.ts';
import type { Fact, Lifetime, ProfileData } from '../core/profile.ts';
import { routeFacts } from '../core/route.ts';

/** A refusal by its status; `published`: by the API, else it is what most do. */
export interface Refusal {
  readonly status: number;
  readonly published: boolean;
}

/** What a profile says of one route, in the form in which cases ask. */
export interface Expected {
  readonly honoured: Fact;
  readonly keyLimit: number;
  readonly uuidOnly: boolean;
  readonly required: Fact;
  readonly lifetime: { readonly kind: Lifetime['kind']; readonly ms: number };
  /** The status of a repeat where the API answers one in words of its own. */
  readonly ownReplay: number | undefined;
  readonly inProgress: Refusal;
  readonly mismatch: Refusal;
  readonly missingKey: Refusal;
  readonly malformedKey: Refusal;
  /** To a key that is known to be too old; undefined where it is a new one. */
  readonly expired: Refusal | undefined;
}

export function expectedOf(profile: ProfileData, method: string, url: URL): Expected {
  const { answers, key } = profile;
  const { honoured, keyLimit, required, lifetime } = routeFacts(profile, method, url.href);
  const refusal = (example: { readonly status: number } | undefined, usual: number): Refusal => ({
    status: example?.status ?? usual,
    published: example !== undefined,
  });
  const ownReplay = answers.replay?.status;
  return {
    honoured,
    keyLimit,
    uuidOnly: key.uuidOnly ?? false,
    required,
    lifetime: { kind: lifetime.kind, ms: keyLifetime(lifetime) },
    ownReplay,
    inProgress: refusal(answers.inProgress, 409),
    // Where a repeat is refused anyway, so is a repeat with another body, in the same words.
    mismatch: ownReplay !== undefined && ownReplay >= 400 ? refusal(answers.replay, 0) : refusal(answers.mismatch, 422),
    missingKey: refusal(answers.missingKey, 400),
    malformedKey: refusal(answers.malformedKey, 400),
    expired: answers.expired && refusal(answers.expired, 0),
  };
}

/** Whether the API keeps this error under its key. */
export function keepsError(answer: ResponseAnswer, profile: ProfileData): Fact {
  const meaning = matchRule(answer, profile, 'later');
  // An answer that asks for a repeat says no more about what is kept.
  if (meaning === 'retry' || meaning === 'unchanged' || meaning === 'in-progress') return 'unknown';
  const { stores } = profile;
  if (answer.status >= 500) return stores.serverErrors;
  return answer.status === 400 || answer.status === 422 ? stores.validation : stores.clientErrors;
}
