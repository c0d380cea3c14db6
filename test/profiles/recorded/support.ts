import { describe, expect, test } from 'vitest';
import { type Observation, observe } from '../../../src/core/observe.ts';
import type { Fact, Profile } from '../../../src/core/profile.ts';
import { honoursKey } from '../../../src/core/route.ts';
import { response } from '../../core/support/rules.ts';

/** An answer as an API's documentation, specification or a recording prints it. */
export interface Recorded {
  readonly status: number;
  /** Besides content-type, which is JSON where it is not given. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it stands on the wire, or the value of the JSON. */
  readonly body?: unknown;
}

/** What the profile makes of a recorded answer: to the first attempt of a run, or after something was possible. */
export function classify(
  profile: Profile,
  { status, headers = {}, body = '' }: Recorded,
  context: 'first' | 'later',
): Observation {
  const { data } = profile;
  // As fetch hands them out.
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all: Record<string, string> = { 'content-type': 'application/json', ...Object.fromEntries(lower) };
  const answer = response(status, all, text);
  return observe(answer, data, { first: context === 'first', acceptsHtml: false, accepted: data.accepted });
}

/** One recorded exchange and what the client must make of it. */
export interface RecordedCase {
  readonly name: string;
  /** Where it is printed. "Shape": status and codes are from there, the words of the body are ours. */
  readonly source: string;
  /** `POST https://api.example/charges` */
  readonly request: string;
  /** @default 'yes' */
  readonly honoured?: Fact;
  readonly answer: Recorded;
  /** What is given must match. */
  readonly first: Partial<Observation>;
  /** @default the same as first */
  readonly later?: Partial<Observation>;
}

export const SUCCESS: Partial<Observation> = { means: 'success', source: 'network' };
export const REJECTED: Partial<Observation> = { means: 'rejection', source: 'network' };
export const IN_PROGRESS: Partial<Observation> = { means: 'in-progress', named: true };
export const AGAIN: Partial<Observation> = { means: 'again', because: 'unavailable' };
export const UNPROVED: Partial<Observation> = { means: 'doubt', reason: 'unproved-rejection' };
export const MISMATCH: Partial<Observation> = { means: 'doubt', reason: 'key-mismatch' };
export const STORED_ERROR: Partial<Observation> = { means: 'doubt', reason: 'stored-error' };

/** One test for each recorded exchange: the route, and the meaning in both contexts. */
export function testRecorded(profile: Profile, cases: readonly RecordedCase[]): void {
  describe(`${profile.name}: answers as they are printed`, () => {
    test.each(cases)('$name ($source)', ({ request, honoured = 'yes', answer, first, later = first }) => {
      const [method = '', url = ''] = request.split(' ');
      expect(honoursKey(profile.data, method, url)).toBe(honoured);
      expect(classify(profile, answer, 'first')).toMatchObject(first);
      expect(classify(profile, answer, 'later')).toMatchObject(later);
    });
  });
}

/** What the mock says for this profile, the client understands. */
export function testMockAnswers(profile: Profile, others: Readonly<Record<string, Partial<Observation>>> = {}): void {
  const expected: Readonly<Record<string, Partial<Observation>>> = {
    inProgress: IN_PROGRESS,
    mismatch: MISMATCH,
    ...others,
  };
  const { honoured: _, ...answers } = profile.data.answers;
  const rows = Object.entries(answers).flatMap(([name, answer]) => {
    const meaning = expected[name];
    return meaning === undefined ? [] : [{ name, answer, meaning }];
  });
  test.each(rows)(`${profile.name}: the mock's $name`, ({ answer, meaning }) => {
    for (const context of ['first', 'later'] as const) {
      expect(classify(profile, answer, context)).toMatchObject(meaning);
    }
  });
}
