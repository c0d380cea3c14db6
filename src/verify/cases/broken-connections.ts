import { setTimeout as sleep } from 'node:timers/promises';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkEnds } from '../checks.ts';

/** Moments of hanging up, as parts of the time an answer takes. */
const MOMENTS = [0, 0.25, 0.5, 0.75, 1];

export const DISCONNECT: VerifyCase = {
  id: 'C17',
  title: 'The client hangs up before the answer: the repeat finds one effect',
  level: 'robustness',
  sends: 'a whole request, hangs up, and repeats it until it is answered',
  requests: ({ repeat }) => repeat * 2,
  racy: true,
  async run(subject, finding, trial) {
    const round = subject.round('C17');
    const busy = await subject.busy(round);
    const held = await subject.hold(round);
    void held.finish();
    await held.flushed;
    const part = MOMENTS[trial % MOMENTS.length] ?? 0;
    await sleep(part * Math.min(subject.baseline?.ms ?? 0, busy ?? Number.POSITIVE_INFINITY));
    held.hangUp();
    const answer = await checkEnds(subject, finding, round);
    await checkEffects(subject, finding, round, { answers: [answer] });
  },
};

export const HALF_UPLOAD: VerifyCase = {
  id: 'C18',
  title: 'Half a request arrives: its key is not poisoned',
  level: 'robustness',
  sends: 'a request without its last byte, hangs up, and sends it whole',
  requests: ({ repeat }) => repeat * 2,
  racy: true,
  skip: ({ request }) => (request('onceward-a').json === undefined ? 'its requests have no body' : undefined),
  async run(subject, finding) {
    const round = subject.round('C18');
    const held = await subject.hold(round);
    held.hangUp();
    const answer = await checkEnds(subject, finding, round);
    await checkEffects(subject, finding, round, { answers: [answer] });
  },
};

export const ZOMBIE: VerifyCase = {
  id: 'C21',
  title: 'The first request arrives after its repeat was answered: it changes nothing',
  level: 'robustness',
  sends: 'a request without its last byte, the same on another connection, then the last byte',
  requests: ({ repeat }) => repeat * 3,
  racy: true,
  async run(subject, finding) {
    const round = subject.round('C21');
    const held = await subject.hold(round);
    // A server that takes the key by the header alone says "in progress" here.
    const repeat = await subject.ask(round);
    const late = await held.finish();
    const answer = await checkEnds(subject, finding, round);
    await checkEffects(subject, finding, round, { answers: [repeat, late, answer] });
  },
};
