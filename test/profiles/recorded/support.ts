import { type Observation, observe } from '../../../src/core/observe.ts';
import type { Profile } from '../../../src/core/profile.ts';
import { response } from '../../core/support/rules.ts';

/** An answer as an API's documentation, specification or a recording prints it. */
export interface Recorded {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it stands on the wire, or the value of the JSON. */
  readonly body?: unknown;
}

/** What the profile makes of a recorded answer: to the first attempt of a run, or after something was possible. */
export function classify(
  profile: Profile,
  { status, headers, body }: Recorded,
  context: 'first' | 'later',
): Observation {
  const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body);
  const { data } = profile;
  return observe(response(status, { 'content-type': 'application/json', ...headers }, text), data, {
    first: context === 'first',
    acceptsHtml: false,
    accepted: data.accepted,
  });
}
