import type { VerifyCase } from '../case.ts';
import { checkEffects, checkEnds } from '../checks.ts';
import { Finding } from '../finding.ts';
import type { Round, Subject } from '../subject.ts';

/** What happens to a key before its repeats: C02, C06, C17 and C21, in small. */
const TROUBLES: readonly ((subject: Subject, round: Round) => Promise<unknown>)[] = [
  (subject, round) => subject.ask(round),
  (subject, round) => subject.volley(round, 3),
  async (subject, round) => {
    const held = await subject.hold(round);
    void held.finish();
    await held.flushed;
    held.hangUp();
  },
  async (subject, round) => {
    const held = await subject.hold(round);
    await subject.ask(round);
    await held.finish();
  },
];

/** Keys under way at once. */
const LANES = 8;

export const SOAK: VerifyCase = {
  id: 'C25',
  title: 'Many keys in trouble: as many effects as keys',
  level: 'robustness',
  sends:
    'many keys, eight at a time, each with a repeat, three at once, a hang-up or a late arrival, drawn from the seed',
  requests: ({ soak }) => soak * 3,
  async run(subject, finding) {
    const { soak, seed } = subject.settled;
    // Drawn before anything is sent: the order of answers must not decide what is drawn.
    const drawn = Array.from({ length: soak }, () => Math.floor(subject.random() * TROUBLES.length));
    const wrong: Finding[] = [];
    const lane = async (): Promise<void> => {
      for (let trouble = drawn.pop(); trouble !== undefined; trouble = drawn.pop()) {
        const own = new Finding();
        const round = subject.round('C25');
        await TROUBLES[trouble]?.(subject, round);
        const answer = await checkEnds(subject, own, round);
        await checkEffects(subject, own, round, { answers: [answer] });
        if (own.verdict !== 'pass') wrong.push(own);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const failed = wrong.filter(({ verdict }) => verdict === 'fail');
    const [one] = failed.length > 0 ? failed : wrong;
    const what = `${failed.length > 0 ? failed.length : wrong.length} of ${soak} keys (seed ${seed}): ${one?.evidence ?? ''}`;
    if (failed.length > 0) finding.fail(what);
    else if (wrong.length > 0) finding.unsure(what);
    else finding.note(`${soak} keys (seed ${seed})`);
  },
};
