import type { VerifyCase } from '../case.ts';
import { checkEffects, first } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { isServerError, say } from '../reading.ts';
import type { Subject } from '../subject.ts';

/** Between the two sides of an end, for a machine that is slow. */
const NEAR = 5_000;
/** What is as good as for ever. */
const LONG = 400 * 86_400_000;

export const LIFETIME: VerifyCase = {
  id: 'C16',
  title: 'A key is known until its end, and what comes then is documented',
  level: 'profile',
  sends: 'a request, and its repeat just before and just after the end of its key',
  requests: () => 4,
  skip: ({ hooks }) => (hooks.advance === undefined ? 'there is no hook advance, which moves its clock' : undefined),
  async run(subject, finding) {
    const { ms, kind } = subject.expected.lifetime;
    const lifetime = Math.min(ms, LONG);
    await before(subject, finding, lifetime - Math.min(NEAR, lifetime / 2));
    if (kind === 'fixed') await after(subject, finding, lifetime);
    else finding.note(kind === 'forever' ? 'keys are kept for ever' : 'what comes after the end is not documented');
  },
};

async function before(subject: Subject, finding: Finding, age: number): Promise<void> {
  const round = subject.round('C16');
  const stored = await first(subject, finding, round);
  if (stored === undefined) return;
  await subject.advance(age);
  const again = await subject.ask(round);
  finding.must(subject.reading(again) === 'done', `before the end of the key a repeat gets ${say(again)}`);
  await checkEffects(subject, finding, round, { answers: [stored, again] });
}

async function after(subject: Subject, finding: Finding, age: number): Promise<void> {
  const round = subject.round('C16');
  const stored = await first(subject, finding, round);
  if (stored === undefined) return;
  await subject.advance(age);
  const again = await subject.ask(round);
  const { expired } = subject.expected;
  if (isServerError(again)) finding.fail(`after the end of the key a repeat gets ${say(again)}`);
  else if (subject.reading(again) === 'done') {
    const { count, least } = await subject.effects(round, 1, [stored, again]);
    finding.note(
      count > 1 && !least ? 'after the end the key is a new one' : 'after the end a repeat is answered, too',
    );
    finding.must(count <= 2, `after the end of its key one request has ${count} effects`);
  } else if (expired?.status === (again.kind === 'response' && again.status)) {
    finding.note(`after the end a repeat is refused with ${say(again)}, as documented`);
  } else finding.warn(`after the end a repeat is refused with ${say(again)}, which is not documented`);
}
