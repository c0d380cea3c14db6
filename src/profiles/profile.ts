import { milliseconds } from '../core/duration.ts';
import type { Profile, ProfileData } from '../core/profile.ts';

/** Turns data into a profile. */
export function profileOf(data: ProfileData): Profile {
  return Object.freeze({
    name: data.name,
    data,
    with: (options: Parameters<Profile['with']>[0]) =>
      profileOf({
        ...data,
        ...(options.keyLifetime !== undefined && {
          lifetime: { kind: 'fixed' as const, ms: milliseconds(options.keyLifetime, 'keyLifetime') },
        }),
        ...(options.accepted !== undefined && { accepted: options.accepted }),
        // The caller's routes come first: first match wins.
        ...(options.routes !== undefined && {
          routes: { ...options.routes, ...withoutKeys(data.routes, options.routes) },
        }),
      }),
  });
}

function withoutKeys<T>(record: Readonly<Record<string, T>>, others: object): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !Object.hasOwn(others, name)));
}
