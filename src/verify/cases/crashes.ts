import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../core/answer.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkEnds, first } from '../checks.ts';
import { isTheSame, say } from '../reading.ts';
import type { Round, Subject } from '../subject.ts';

/** Where in a request the server dies: as it comes in, in the middle, and after it was answered.
 *
 *  @param lasts how long its execution takes, in milliseconds */
const POINTS: readonly ((lasts: number, answered: Promise<unknown>) => Promise<unknown>)[] = [
  async () => undefined,
  (lasts) => sleep(lasts / 2),
  (_lasts, answered) => answered,
];

export const CRASH: VerifyCase = {
  id: 'C19',
  title: 'The server dies on the way: the repeat finds one effect, and an end',
  level: 'robustness',
  sends: 'a request, crashes the server during or after it, and repeats it until it is answered',
  requests: ({ repeat }) => repeat * 2,
  racy: true,
  skip: ({ hooks }) => (hooks.crash === undefined ? 'there is no hook crash' : undefined),
  async run(subject, finding, trial) {
    const { hooks } = subject.settled;
    const point = trial % POINTS.length;
    const round = subject.round('C19');
    // After an answer there is nothing to be in the middle of.
    const busy = point < 2 ? await subject.busy(round) : undefined;
    const held = await subject.hold(round);
    const answered = held.finish();
    await held.flushed;
    await POINTS[point]?.(busy ?? subject.baseline?.ms ?? 0, answered);
    await hooks.crash?.();
    await hooks.restart?.();
    const answers = [await answered, await checkEnds(subject, finding, round)];
    await checkEffects(subject, finding, round, { answers });
  },
};

export const RESTART: VerifyCase = {
  id: 'C22',
  title: 'What is stored outlives the process',
  level: 'robustness',
  sends: 'a request and a repeat, restarts the server, and repeats it again',
  requests: () => 3,
  skip: ({ hooks }) => (hooks.restart === undefined ? 'there is no hook restart' : undefined),
  async run(subject, finding) {
    const round = subject.round('C22');
    const stored = await first(subject, finding, round);
    if (stored === undefined) return;
    const before = await subject.ask(round);
    await subject.settled.hooks.restart?.();
    const after = await checkEnds(subject, finding, round);
    // What a repeat was told before it is told now.
    finding.must(
      isTheSame(before, after),
      `after the restart a repeat gets another answer (${say(before)}, then ${say(after)})`,
    );
    await checkEffects(subject, finding, round, { answers: [stored, before, after] });
  },
};

export const LONG_RUN: VerifyCase = {
  id: 'C20',
  title: 'A request that runs for long keeps its key, and gives it up at its end',
  level: 'robustness',
  sends: 'a request that the hook slow holds up, and repeats while it runs',
  requests: () => 10,
  skip: ({ hooks }) =>
    hooks.slow === undefined ? 'there is no hook slow, which makes an execution take longer' : undefined,
  async run(subject, finding) {
    const { hooks, limits } = subject.settled;
    const round = subject.round('C20');
    await hooks.slow?.(round.n, limits.slow);
    const answers = await whileItRuns(subject, round);
    answers.push(await checkEnds(subject, finding, round));
    await checkEffects(subject, finding, round, { answers });
  },
};

/** The answer of the first request and those of the repeats that were sent before it came. */
async function whileItRuns(subject: Subject, round: Round): Promise<Answer[]> {
  const { slow } = subject.settled.limits;
  let runs = true;
  const asked = subject.ask(round).finally(() => {
    runs = false;
  });
  const answers: Answer[] = [];
  for (;;) {
    await Promise.race([asked, sleep(slow / 8)]);
    if (!runs) return [...answers, await asked];
    answers.push(await subject.ask(round));
  }
}
