import type { Answer } from '../../core/answer.ts';
import type { Fact } from '../../core/profile.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, tally } from '../checks.ts';
import { keepsError } from '../expected.ts';
import type { Finding } from '../finding.ts';
import { isMarked, say } from '../reading.ts';
import type { Round, Subject } from '../subject.ts';

const TRIES = 5;

export const CLIENT_ERROR: VerifyCase = {
  id: 'C04',
  title: 'A 4xx is kept under its key, or not: the same every time',
  level: 'profile',
  sends: 'five times a request that is refused as invalid, with one key',
  requests: () => TRIES,
  skip: ({ hooks, invalidRequest }) =>
    hooks.fail === undefined && invalidRequest === undefined
      ? 'there is neither a request that is invalid (invalidRequest) nor the hook fail'
      : undefined,
  async run(subject, finding) {
    await checkInvalid(subject, finding);
    if (subject.settled.hooks.fail !== undefined) await checkError(subject, finding, { id: 'C04', status: 400 });
  },
};

export const SERVER_ERROR: VerifyCase = {
  id: 'C05',
  title: 'A 5xx is kept under its key, or run again: as documented, and never twice',
  level: 'profile',
  sends: 'five times a request whose first execution fails with 500, with one key',
  requests: () => TRIES,
  skip: ({ hooks }) => (hooks.fail === undefined ? 'there is no hook fail, which makes an execution fail' : undefined),
  run: (subject, finding) => checkError(subject, finding, { id: 'C05', status: 500 }),
};

/** What is wrong stays wrong, kept or not. */
async function checkInvalid(subject: Subject, finding: Finding): Promise<void> {
  const { invalidRequest } = subject.settled;
  if (invalidRequest === undefined) return;
  const fresh = subject.round('C04');
  const round: Round = { ...fresh, request: structuredClone(invalidRequest(fresh.n)) };
  const answers = await tries(subject, round);
  const [one] = answers;
  if (one?.kind !== 'response' || one.status < 400 || one.status >= 500) {
    finding.unsure(
      `the invalid request is answered with ${say(one ?? { kind: 'failure', code: 'none' })}, which is no 4xx`,
    );
    return;
  }
  finding.must(
    answers.every((answer) => answer.kind === 'response' && answer.status === one.status),
    `one invalid request has several answers: ${tally(answers)}`,
  );
  await checkEffects(subject, finding, round, { expected: 0, answers: [] });
}

/** The first execution fails without an effect; the next one would not. So what the repeats get says whether the failure is kept. */
async function checkError(
  subject: Subject,
  finding: Finding,
  { id, status }: { readonly id: string; readonly status: number },
): Promise<void> {
  const round = subject.round(id);
  await subject.settled.hooks.fail?.(round.n, status);
  const answers = await tries(subject, round);
  const [one, ...repeats] = answers;
  if (one?.kind !== 'response' || one.status !== status) {
    finding.unsure(`the hook fail asked for ${status}, and the answer is ${one === undefined ? 'none' : say(one)}`);
    return;
  }
  const kept = repeats.every((answer) => answer.kind === 'response' && answer.status === status);
  const run = repeats.every((answer) => subject.reading(answer) === 'done');
  if (!finding.must(kept || run, `the repeats of a ${status} do not agree: ${tally(repeats)}`)) return;
  judge(subject, finding, { status, kept, documented: keepsError(one, subject.settled.profile), repeats });
  await checkEffects(subject, finding, round, { expected: kept ? 0 : 1, answers });
}

interface Kept {
  readonly status: number;
  readonly kept: boolean;
  readonly documented: Fact;
  readonly repeats: readonly Answer[];
}

function judge(subject: Subject, finding: Finding, { status, kept, documented, repeats }: Kept): void {
  const how = `a ${status} is ${kept ? 'kept under its key and replayed' : 'not kept: the repeat is run'}`;
  if (documented === 'unknown') {
    finding.note(`${how}; the profile does not say`);
    const marked = repeats.every((answer) => isMarked(answer, subject.settled.profile) === true);
    if (kept && status >= 500 && !marked)
      finding.warn(`a ${status} is kept without a mark: a client cannot tell it from an outage`);
  } else {
    finding.must((documented === 'yes') === kept, `${how}; documented is the contrary`);
    finding.note(how);
  }
}

async function tries(subject: Subject, round: Round): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let time = 0; time < TRIES; time += 1) answers.push(await subject.ask(round));
  return answers;
}
