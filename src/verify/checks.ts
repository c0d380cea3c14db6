import type { Answer } from '../core/answer.ts';
import type { Refusal } from './expected.ts';
import type { Finding } from './finding.ts';
import { isServerError, isTheSame, say } from './reading.ts';
import type { Round, Subject } from './subject.ts';

interface Counting {
  /** @default 1 */
  readonly expected?: number;
  /** All that came for this round's key: they stand in for a probe. */
  readonly answers: readonly Answer[];
  /** Of which part of the case it is said. @default the case itself */
  readonly where?: string;
}

/** One effect, or none, or two: never more than expected, and no fewer. */
export async function checkEffects(
  subject: Subject,
  finding: Finding,
  round: Round,
  { expected = 1, answers, where }: Counting,
): Promise<void> {
  const { count, least } = await subject.effects(round, expected, answers);
  if (count === expected && !least) subject.counted.push({ round, expected });
  const prefix = where === undefined ? '' : `${where}: `;
  if (count > expected) {
    finding.fail(`${prefix}${least ? 'at least ' : ''}${effects(count)} instead of ${expected}`);
  } else if (count < expected && !least) {
    finding.unsure(
      `${prefix}the probe counts ${effects(count)} instead of ${expected}: is it looking at this effect, and at the present?`,
    );
  }
}

/** The key ends in a success, within the time there is. */
export async function checkEnds(subject: Subject, finding: Finding, round: Round): Promise<Answer> {
  const answer = await subject.untilFinal(round);
  const reading = subject.reading(answer);
  if (reading === 'refused') finding.fail(`a repeat is refused with ${say(answer)}: the key is poisoned`);
  else if (reading !== 'done') finding.fail(`the key comes to no end: after all repeats ${say(answer)}`);
  return answer;
}

/** The first request, without which a case shows nothing. @returns undefined where it failed */
export async function first(subject: Subject, finding: Finding, round: Round): Promise<Answer | undefined> {
  const answer = await subject.ask(round);
  if (subject.reading(answer) === 'done') return answer;
  finding.unsure(`the first request was answered with ${say(answer)}`);
  return undefined;
}

/** A refusal, in the API's own words or in others. @returns whether it is one */
export function checkRefusal(finding: Finding, answer: Answer, what: string, expected: Refusal): boolean {
  if (isServerError(answer)) {
    finding.fail(`${what} is answered with ${say(answer)}`);
    return false;
  }
  if (answer.kind === 'failure') {
    finding.unsure(`${what} gets ${say(answer)}`);
    return false;
  }
  if (answer.status < 400) return false;
  if (answer.status === expected.status) finding.note(`${what} is refused with ${answer.status}`);
  else if (expected.published)
    finding.warn(`${what} is refused with ${answer.status}, documented is ${expected.status}`);
  else finding.note(`${what} is refused with ${answer.status}; ${expected.status} is common`);
  return true;
}

/** Whether an answer hands out what is kept under another's request. An empty body gives nothing away, nor does one that all requests get. */
export function leaks({ baseline }: Subject, answer: Answer, stored: Answer): boolean {
  const tells = baseline?.tells === true && stored.kind === 'response' && stored.body.length > 0;
  return tells && isTheSame(answer, stored);
}

export function effects(count: number): string {
  return count === 1 ? '1 effect' : `${count} effects`;
}

/** As they are counted: distinct words with how often. */
export function tally(answers: readonly Answer[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(say(answer), (counts.get(say(answer)) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${count} x ${text}`).join(', ');
}
