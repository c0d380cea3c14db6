import { type Answer, headerOf, isJson, jsonOf, mediaType, type ResponseAnswer } from '../../core/answer.ts';
import { observe } from '../../core/observe.ts';
import { retryAfter } from '../../core/retry-after.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkEnds, tally } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { isResponse, isServerError } from '../reading.ts';
import type { Subject } from '../subject.ts';

const CROWDS = [2, 10, 50];
const HOUR = 3_600_000;

export const CONCURRENT: VerifyCase = {
  id: 'C06',
  title: `Of ${CROWDS.join(', ')} at once one is run`,
  level: 'must',
  sends: `${CROWDS.join(', ')} times the same request at once, each crowd with a key of its own`,
  requests: ({ repeat }) => repeat * CROWDS.reduce((sum, size) => sum + size + 2, 0),
  racy: true,
  async run(subject, finding) {
    for (const size of CROWDS) await crowd(subject, finding, size);
  },
};

async function crowd(subject: Subject, finding: Finding, size: number): Promise<void> {
  const round = subject.round('C06');
  const answers = await subject.volley(round, size);
  // Whether they met at all is in it: of a server that is quick all may be told the result.
  const where = `${size} at once (${tally(answers)})`;
  finding.must(!answers.some(isServerError), `${where}: the server fails`);
  for (const answer of answers.filter(isResponse)) {
    if (subject.reading(answer) === 'refused') {
      finding.warn(`${where}: a client takes ${answer.status} for a refusal`);
    }
  }
  const last = await checkEnds(subject, finding, round);
  await checkEffects(subject, finding, round, { answers: [...answers, last], where });
  if (finding.verdict === 'pass') finding.note(where);
}

export const IN_PROGRESS: VerifyCase = {
  id: 'C07',
  title: 'A repeat that comes too early is told so, readably',
  level: 'should',
  sends: 'ten times the same request at once; with the hook slow two are enough',
  requests: () => 10,
  async run(subject, finding) {
    const { hooks, profile } = subject.settled;
    const round = subject.round('C07');
    await subject.busy(round);
    const answers = await subject.volley(round, hooks.slow === undefined ? 10 : 2);
    const early = answers
      .filter(isResponse)
      .find((answer) => subject.reading(answer) === 'again' && answer.status < 500);
    if (early === undefined) {
      finding.skip(`no repeat was refused while the first request ran (${tally(answers)})`);
      return;
    }
    checkWords(subject, finding, early);
    const meaning = observe(early, profile, { first: false, acceptsHtml: false, accepted: profile.accepted });
    // Where the API has no words for it, that is no fault of this server.
    const hasWords = profile.rules.some((rule) => rule.means === 'in-progress');
    if (hasWords && meaning.means === 'in-progress' && !meaning.named) {
      finding.warn(
        `nothing but the status says what this ${early.status} means: a problem type, a code or Retry-After would`,
      );
    }
  },
};

function checkWords(subject: Subject, finding: Finding, early: ResponseAnswer): void {
  const { status, published } = subject.expected.inProgress;
  if (early.status === status) finding.note(`it is answered with ${status}`);
  else if (published) finding.warn(`it is answered with ${early.status}, documented is ${status}`);
  else finding.note(`it is answered with ${early.status}; ${status} is common`);
  if (isJson(mediaType(early)) && jsonOf(early) === undefined)
    finding.fail('its body says that it is JSON, and is not');
  checkWait(finding, early);
}

function checkWait(finding: Finding, early: Answer): void {
  if (early.kind === 'failure') return;
  const given = headerOf(early, 'retry-after');
  if (given === undefined) return;
  const wait = retryAfter(given, headerOf(early, 'date'), Date.now());
  if (wait === undefined) finding.warn('its Retry-After is neither seconds nor an HTTP date');
  else if (wait > HOUR) finding.warn(`its Retry-After is ${Math.round(wait / 1000)} s`);
  else finding.note(`its Retry-After is ${Math.round(wait / 1000)} s`);
}
