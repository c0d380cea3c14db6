import { UsageError } from '../core/errors/usage-error.ts';
import type { Profile } from '../core/profile.ts';
import * as profiles from '../profiles/index.ts';
import { profileFrom } from './mock-files.ts';

/** Every profile that needs no option, and the generic one with the lifetime that is common. */
const PROFILES: ReadonlyMap<string, Profile> = new Map(
  [profiles.ietf({ keyLifetime: '24h' }), ...Object.values(profiles).filter((one) => typeof one === 'object')].map(
    (profile) => [profile.name, profile],
  ),
);

export const PROFILE_NAMES: readonly string[] = [...PROFILES.keys()];

/** By its name, or from a JSON file of facts. @throws UsageError naming those there are */
export function profileNamed(name: string): Profile {
  const profile = PROFILES.get(name);
  if (profile) return profile;
  if (name.endsWith('.json')) return profileFrom(name);
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    `--profile is one of ${PROFILE_NAMES.join(', ')}; got '${name}'.`,
  );
}
