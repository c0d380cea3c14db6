import type { ExampleAnswer, ProfileData } from '../core/profile.ts';
import type { Json } from '../core/types.ts';
import { type Answer, problemAnswer, textAnswer, withHeaders } from './answer.ts';
import { readableBody } from './request-body.ts';

/** What a server says about keys. */
export interface DialectAnswers {
  /** The answer for which the key was honoured, marked as this API marks it. */
  honoured(answer: Answer, key: string): Answer;
  replay(stored: Answer, key: string): Answer;
  inProgress(key: string): Answer;
  mismatch(key: string): Answer;
  missingKey(): Answer;
  malformedKey(why: string): Answer;
  /** To a key known to be too old; undefined where such a key is a new one. */
  readonly expired: ((key: string) => Answer) | undefined;
}

const problem = (status: number, title: string): ExampleAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title, status }),
});

/** Where an API publishes none. */
const IN_PROGRESS: ExampleAnswer = problem(409, 'The first request with this key has not finished');
const MISMATCH: ExampleAnswer = problem(422, 'This key belongs to another request');
const MISSING: ExampleAnswer = problem(400, 'An idempotency key is needed here');

export function answersOf({ answers, replay: marker }: ProfileData): DialectAnswers {
  const { expired, malformedKey, honoured: marks = {} } = answers;
  const marked = Object.keys(marks).length > 0;
  const honoured: DialectAnswers['honoured'] = (answer, key) => {
    if (!marked) return answer;
    const given = new Set(answer.headers.map(([name]) => name.toLowerCase()));
    const missing = Object.entries(marks).filter(([name]) => !given.has(name.toLowerCase()));
    return withHeaders(answer, filled(Object.fromEntries(missing), key));
  };
  return {
    honoured,
    replay(stored, key) {
      const again =
        answers.replay !== undefined && stored.status < 300 ? spoken(answers.replay, key, idIn(stored) ?? key) : stored;
      return honoured(marker === undefined ? again : withHeaders(again, { [marker.header]: marker.equals }), key);
    },
    inProgress: (key) => honoured(spoken(answers.inProgress ?? IN_PROGRESS, key), key),
    mismatch: (key) => spoken(answers.mismatch ?? MISMATCH, key),
    missingKey: () => spoken(answers.missingKey ?? MISSING, ''),
    malformedKey: (why) =>
      malformedKey === undefined ? problemAnswer(400, 'Idempotency-Key is malformed', why) : spoken(malformedKey, ''),
    expired: expired && ((key) => spoken(expired, key)),
  };
}

/** The example in the form of an answer. What stands for `<id>` is written as JSON writes it. */
function spoken({ status, headers, body }: ExampleAnswer, key: string, id = ''): Answer {
  const escaped = JSON.stringify(id).slice(1, -1);
  return textAnswer(
    status,
    filled(headers, key),
    body.replaceAll('<key>', () => key).replaceAll('<id>', () => escaped),
  );
}

function filled(headers: Readonly<Record<string, string>>, key: string): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value]) => [name, value.replaceAll('<key>', () => key)]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

/** The id of the resource an answer shows: its own member `id`, else the first text of that name further in. */
export function idIn(answer: Answer): string | undefined {
  return firstId(readableBody(answer.body, 'application/json'));
}

function firstId(json: Json): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const own = Array.isArray(json) ? undefined : (json as { readonly id?: Json }).id;
  if (typeof own === 'string') return own;
  for (const member of Object.values(json) as Json[]) {
    const id = firstId(member);
    if (id !== undefined) return id;
  }
  return undefined;
}
