import { type Answer, headerOf, type ResponseAnswer } from '../core/answer.ts';
import { type Observation, observe } from '../core/observe.ts';
import type { ProfileData } from '../core/profile.ts';

/** What a client with this profile makes of an answer. `done`: it has happened (its result, or a pointer to it). `again`: not yet, ask again.
 *  `accepted`: it runs, a monitor tells. `refused`: any other answer. */
export type Reading = 'done' | 'again' | 'accepted' | 'refused' | 'failure';

const READINGS: Readonly<Record<Observation['means'], Reading>> = {
  success: 'done',
  done: 'done',
  recover: 'done',
  rejection: 'refused',
  again: 'again',
  'server-error': 'again',
  'in-progress': 'again',
  accepted: 'accepted',
  redirect: 'refused',
  running: 'again',
  lost: 'refused',
  unauthorized: 'refused',
  unreadable: 'refused',
  unparsable: 'refused',
  doubt: 'refused',
};

export function read(answer: Answer, profile: ProfileData): Reading {
  if (answer.kind === 'failure') return 'failure';
  return READINGS[observe(answer, profile, { first: false, acceptsHtml: false, accepted: profile.accepted }).means];
}

/** Whether it carries the API's mark of a replay; undefined where there is no such mark. */
export function isMarked(answer: Answer, { replay }: ProfileData): boolean | undefined {
  if (replay === undefined || answer.kind === 'failure') return undefined;
  return headerOf(answer, replay.header.toLowerCase())?.toLowerCase() === replay.equals.toLowerCase();
}

/** As evidence words it. */
export function say(answer: Answer): string {
  return answer.kind === 'failure' ? `no answer (${answer.code})` : `${answer.status}`;
}

export function sameBody(one: Answer, other: Answer): boolean {
  return one.kind === 'response' && other.kind === 'response' && Buffer.compare(one.body, other.body) === 0;
}

/** The same status and bytes, and bytes there are: what only a stored answer can be. */
export function isTheSame(one: Answer, other: Answer): boolean {
  return one.kind === 'response' && other.kind === 'response' && one.status === other.status && sameBody(one, other);
}

/** How many different successes there are among answers to one key. Of one execution there is one for each status: a replay may have its own. */
export function differentResults(answers: readonly Answer[], profile: ProfileData): number {
  const bodies = new Map<number, Set<string>>();
  for (const answer of answers) {
    if (answer.kind === 'failure' || answer.status >= 300 || read(answer, profile) !== 'done') continue;
    const known = bodies.get(answer.status) ?? new Set();
    bodies.set(answer.status, known.add(Buffer.from(answer.body).toString('base64')));
  }
  return Math.max(0, ...[...bodies.values()].map((all) => all.size));
}

export function isServerError(answer: Answer): boolean {
  return answer.kind === 'response' && answer.status >= 500;
}

export function isResponse(answer: Answer): answer is ResponseAnswer {
  return answer.kind === 'response';
}
