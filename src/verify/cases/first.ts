import type { VerifyCase } from '../case.ts';
import { checkEffects } from '../checks.ts';
import { isMarked, sameBody, say } from '../reading.ts';

/** The one on which all others build: it says what a success is here, and how long it takes. */
export const FIRST: VerifyCase = {
  id: 'C01',
  title: 'The first request with a key is run, once',
  level: 'should',
  sends: 'two requests, each with a new key',
  requests: () => 2,
  async run(subject, finding) {
    const { profile, url, countEffects } = subject.settled;
    const round = subject.round('C01');
    const started = performance.now();
    const answer = await subject.ask(round);
    const reading = subject.reading(answer);
    if (answer.kind === 'failure' || (reading !== 'done' && reading !== 'accepted')) {
      finding.unsure(
        `${url.origin} answers a first request with ${say(answer)}: nothing else can be asked. Is the request right, and does it carry credentials?`,
      );
      return;
    }
    const ms = performance.now() - started;
    const other = await subject.ask(subject.round('C01'));
    const tells = other.kind === 'response' && other.body.length > 0 && !sameBody(answer, other);
    subject.baseline = { status: answer.status, ms, tells };
    if (!tells && countEffects === undefined) {
      finding.warn('all answers are the same, and there is no effect probe: two executions look like one');
    }
    finding.note(`answered with ${answer.status}`);
    if (isMarked(answer, profile)) finding.warn('the first answer is marked as a replay');
    if (subject.expected.honoured !== 'yes') {
      finding.warn(`the profile ${profile.name} does not say that this route honours keys`);
    }
    await checkEffects(subject, finding, round, { answers: [answer] });
  },
};
