import type { VerifyCase } from '../case.ts';
import { checkEffects, first, leaks } from '../checks.ts';
import { say } from '../reading.ts';
import type { Round } from '../subject.ts';

export const TENANTS: VerifyCase = {
  id: 'C15',
  title: 'One key of two tenants is two keys',
  level: 'security',
  sends: 'one key with two credentials, and again with the first',
  requests: () => 3,
  skip: ({ secondHeaders }) =>
    secondHeaders === undefined ? 'there is no second credential (secondHeaders, --second-header)' : undefined,
  async run(subject, finding) {
    const one = subject.round('C15');
    const stored = await first(subject, finding, one);
    if (stored === undefined) return;
    const other: Round = { ...subject.round('C15', one.key), as: 'second' };
    const answer = await subject.ask(other);
    if (answer.kind === 'response' && (answer.status === 401 || answer.status === 403)) {
      finding.unsure(`the second credential is refused with ${answer.status}`);
      return;
    }
    if (leaks(subject, answer, stored)) {
      finding.fail("a tenant who uses another's key gets the other's result");
      return;
    }
    if (
      !finding.must(subject.isNew(answer), `a key is taken for two tenants at once: the second one gets ${say(answer)}`)
    )
      return;
    const again = await subject.ask(one);
    finding.must(
      !leaks(subject, again, answer),
      "a repeat gets the result of another tenant's request with the same key",
    );
    await checkEffects(subject, finding, one, { answers: [stored] });
    await checkEffects(subject, finding, other, { answers: [answer] });
  },
};
