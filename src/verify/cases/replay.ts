import { type Answer, headerOf } from '../../core/answer.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, first } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { isMarked, isResponse, sameBody, say } from '../reading.ts';
import type { Round, Subject } from '../subject.ts';

const REPEATS = 3;

/** What a repeat has to say again. Others, such as Date and trace ids, belong to the exchange. */
const HEADERS = ['content-type', 'content-language', 'location', 'content-location', 'etag', 'last-modified'];

export const REPLAY: VerifyCase = {
  id: 'C02',
  title: 'A repeat gets the first answer: status and bytes',
  level: 'should',
  sends: 'one request and three repeats, one after the other',
  requests: () => 1 + REPEATS,
  async run(subject, finding) {
    const round = subject.round('C02');
    const answers = await repeated(subject, finding, round);
    const [stored, ...replays] = answers;
    if (stored === undefined) return;
    for (const again of replays) checkReplay(subject, finding, stored, again);
    await checkEffects(subject, finding, round, { answers });
  },
};

export const REPLAY_HEADERS: VerifyCase = {
  id: 'C03',
  title: 'A repeat gets the headers that belong to the result',
  level: 'profile',
  sends: 'one request and three repeats, one after the other',
  requests: () => 1 + REPEATS,
  async run(subject, finding) {
    const { profile } = subject.settled;
    if (subject.expected.ownReplay !== undefined) {
      finding.skip('this API answers a repeat in words of its own');
      return;
    }
    const [stored, ...replays] = await repeated(subject, finding, subject.round('C03'));
    if (stored === undefined) return;
    for (const again of replays.filter(isResponse)) {
      const other = HEADERS.filter((name) => isResponse(stored) && headerOf(stored, name) !== headerOf(again, name));
      finding.must(other.length === 0, `a repeat has another ${other.join(', ')}, or none`);
    }
    const marks = replays.map((again) => isMarked(again, profile));
    if (profile.replay === undefined) finding.note('this API does not mark replays');
    else if (marks.every(Boolean)) finding.note(`replays are marked by ${profile.replay.header}`);
    else
      finding.note(`replays are not marked by ${profile.replay.header}: a client cannot tell them from first answers`);
  },
};

/** The first answer and those of its repeats; nothing where the first one failed. */
async function repeated(subject: Subject, finding: Finding, round: Round): Promise<Answer[]> {
  const stored = await first(subject, finding, round);
  if (stored === undefined) return [];
  const answers = [stored];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) answers.push(await subject.ask(round));
  return answers;
}

function checkReplay(subject: Subject, finding: Finding, stored: Answer, again: Answer): void {
  const { ownReplay } = subject.expected;
  const status = ownReplay ?? (stored.kind === 'response' ? stored.status : 0);
  if (
    !finding.must(
      again.kind === 'response' && again.status === status,
      `a repeat is answered with ${say(again)} instead of ${status}`,
    )
  )
    return;
  // What an API says in words of its own need not be what it said at first.
  if (ownReplay === undefined) finding.must(sameBody(stored, again), 'a repeat has another body than the first answer');
}
