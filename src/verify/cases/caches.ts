import { headerOf } from '../../core/answer.ts';
import type { VerifyCase } from '../case.ts';
import { first, leaks } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { isMarked, isResponse, say } from '../reading.ts';
import type { Round, Subject } from '../subject.ts';

export const CACHES: VerifyCase = {
  id: 'C24',
  title: "A key survives a redirect, and no cache answers it with another's result",
  level: 'robustness',
  sends: 'the same request under two keys',
  requests: () => 2,
  async run(subject, finding) {
    const one = subject.round('C24');
    const stored = await first(subject, finding, one);
    if (stored === undefined) return;
    const other: Round = { ...one, ...keyed(subject.round('C24').key) };
    const answer = await subject.ask(other);
    if (isMarked(answer, subject.settled.profile)) finding.fail('the same request under a new key gets a replay');
    else if (leaks(subject, answer, stored)) await judge(subject, finding, one);
    else finding.note(`the same request under a new key gets ${say(answer)}`);
    for (const seen of [stored, answer].filter(isResponse)) {
      if (headerOf(seen, 'age') !== undefined || /\bhit\b/i.test(headerOf(seen, 'x-cache') ?? '')) {
        finding.warn('an answer comes out of a cache (Age, X-Cache)');
      }
    }
    finding.note(
      subject.redirects === 0
        ? 'there was no redirect to follow'
        : `${subject.redirects} redirects were followed with the key`,
    );
  },
};

/** Equal answers may come of two executions, where the answer tells no more than the request did. */
async function judge(subject: Subject, finding: Finding, round: Round): Promise<void> {
  const { count, least } = await subject.effects(round, 2, []);
  if (least)
    finding.unsure('the same request under a new key gets the same answer: only a probe can tell whether it was run');
  else finding.must(count === 2, 'the same request under a new key gets the result of the first key');
}

function keyed(key: string): Pick<Round, 'key' | 'carried'> {
  return { key, carried: { kind: 'key', key } };
}
