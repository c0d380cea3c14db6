import type { Answer } from '../../core/answer.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkRefusal, first, leaks } from '../checks.ts';
import type { VerifyRequest } from '../options.ts';
import { isServerError, say } from '../reading.ts';

export const OTHER_BODY: VerifyCase = {
  id: 'C08',
  title: 'The same key with another body runs nothing, and gets nothing',
  level: 'should',
  sends: 'one request, then its key with the body of another one',
  requests: () => 2,
  skip: ({ request }) =>
    JSON.stringify(request('onceward-a').json) === JSON.stringify(request('onceward-b').json)
      ? 'its requests do not differ in their bodies'
      : undefined,
  async run(subject, finding) {
    const round = subject.round('C08');
    const stored = await first(subject, finding, round);
    if (stored === undefined) return;
    const stranger = subject.round('C08');
    const answer = await subject.ask({ ...round, request: { ...round.request, json: stranger.request.json } });
    const { mismatch } = subject.expected;
    if (!checkRefusal(finding, answer, 'another body', mismatch)) {
      if (leaks(subject, answer, stored)) {
        const text = 'another body gets the first result, as if it had been done';
        if (mismatch.published) finding.fail(text);
        else finding.warn(text);
      } else if (subject.reading(answer) === 'done') {
        finding.fail(`another body is run under the same key (${say(answer)})`);
      }
    } else if (holdsBody(answer, stored)) finding.fail('the refusal holds the stored answer');
    await checkEffects(subject, finding, round, { answers: [stored] });
    await checkEffects(subject, finding, stranger, { expected: 0, answers: [] });
  },
};

function holdsBody(answer: Answer, stored: Answer): boolean {
  if (answer.kind === 'failure' || stored.kind === 'failure' || stored.body.length < 16) return false;
  return Buffer.from(answer.body).includes(Buffer.from(stored.body));
}

/** One change each, in what a key is bound to beside the body. `apart`: whether no server can mean to answer both alike. */
const CHANGES: readonly {
  readonly what: string;
  readonly apart: boolean;
  readonly change: (request: VerifyRequest) => VerifyRequest;
}[] = [
  { what: 'another path', apart: true, change: (one) => ({ ...one, path: withPath(one.path) }) },
  {
    what: 'another method',
    apart: true,
    change: (one) => ({ ...one, method: (one.method ?? 'POST') === 'PUT' ? 'POST' : 'PUT' }),
  },
  { what: 'another query', apart: false, change: (one) => ({ ...one, path: withQuery(one.path) }) },
];

export const OTHER_PLACE: VerifyCase = {
  id: 'C09',
  title: 'The same key elsewhere never gets this result',
  level: 'security',
  sends: 'one request, then its key with another path, method and query',
  requests: () => CHANGES.length * 2,
  async run(subject, finding) {
    for (const { what, apart, change } of CHANGES) {
      const round = subject.round('C09');
      const stored = await first(subject, finding, round);
      if (stored === undefined) return;
      const answer = await subject.ask({ ...round, request: change(round.request) });
      if (leaks(subject, answer, stored)) {
        if (apart) finding.fail(`${what} gets the result of the first request`);
        else finding.warn(`${what} gets the result of the first request: it is not compared`);
      } else if (isServerError(answer)) finding.warn(`${what} is answered with ${say(answer)}`);
      else finding.note(`${what} is answered with ${say(answer)}`);
    }
  },
};

function withPath(path: string): string {
  const [before = '', ...query] = path.split('?');
  return [`${before.replace(/\/$/, '')}/onceward-other`, ...query].join('?');
}

function withQuery(path: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}onceward=other`;
}

export const EQUAL_BODY: VerifyCase = {
  id: 'C10',
  title: 'The same JSON in other words: taken as the same, or as another request',
  level: 'may',
  sends: 'one request, then its key with the members in another order and spaces in between',
  requests: () => 2,
  skip: ({ request }) => (isObject(request('onceward-a').json) ? undefined : 'its body is no JSON object'),
  async run(subject, finding) {
    const round = subject.round('C10');
    const stored = await first(subject, finding, round);
    if (stored === undefined) return;
    const answer = await subject.ask({ ...round, text: JSON.stringify(reversed(round.request.json), undefined, 2) });
    if (isServerError(answer)) finding.fail(`it is answered with ${say(answer)}`);
    else if (subject.reading(answer) === 'done') finding.note('it is taken as the same request');
    else finding.note(`it is taken as another request (${say(answer)}): a repeat must be the same bytes`);
    await checkEffects(subject, finding, round, { answers: [stored, answer] });
  },
};

function isObject(json: unknown): boolean {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function reversed(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(reversed);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json)
      .toReversed()
      .map(([name, value]) => [name, reversed(value)]),
  );
}
