import { milliseconds } from '../core/duration.ts';
import type { Profile, ProfileData } from '../core/profile.ts';
import { type Allowed, checkOptions } from './check-options.ts';

/** Turns data into a profile. */
export function profileOf(data: ProfileData): Profile {
  return Object.freeze({
    name: data.name,
    data: Object.freeze(data),
    with: (options: Options) => {
      checkOptions(`${data.name}.with()`, options, OPTIONS);
      return profileOf({
        ...data,
        ...(options.keyLifetime !== undefined && {
          lifetime: { kind: 'fixed' as const, ms: milliseconds(options.keyLifetime, 'keyLifetime') },
        }),
        ...(options.accepted !== undefined && { accepted: options.accepted }),
        // The caller's routes come first: first match wins.
        ...(options.routes !== undefined && {
          routes: { ...options.routes, ...withoutKeys(data.routes, options.routes) },
        }),
      });
    },
  });
}

type Options = Parameters<Profile['with']>[0];

const OPTIONS: Readonly<Record<keyof Options, Allowed>> = {
  keyLifetime: () => true,
  accepted: ['monitor', 'reask', 'final'],
  routes: (routes) =>
    typeof routes === 'object' &&
    routes !== null &&
    Object.entries(routes).every(([route, answer]) => ROUTE.test(route) && (answer === 'yes' || answer === 'no')),
};

/** `POST /v1/**`: anything else would match nothing, silently. */
const ROUTE = /^(?:\*|[A-Z]+) \/\S*$/;

function withoutKeys<T>(record: Readonly<Record<string, T>>, others: object): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !Object.hasOwn(others, name)));
}
