import { UsageError } from '../core/errors/usage-error.ts';
import type { Profile, ProfileData } from '../core/profile.ts';
import { plainCopy } from './define-profile/plain-copy.ts';
import { profileSense } from './define-profile/sense.ts';
import { profileShape } from './define-profile/shape.ts';
import { profileOf } from './profile.ts';

/** More at once helps nobody. */
const SHOWN = 20;

/** A profile of an API that has none here, from its facts. Each is checked, and so is what they say together; the profile holds a frozen copy.
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION that names every wrong fact by its path in the data
 */
export function defineProfile(data: ProfileData): Profile {
  const read = plainCopy(data);
  if ('unreadable' in read) throw refused(['The facts are no plain data:', `${read.unreadable}.`]);
  const { copy } = read;
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) {
    throw refused(['It needs the facts of one API, as an object: see ProfileData.']);
  }
  const misshapen = profileShape(copy);
  // What the facts say together can be asked only once each of them is one.
  const wrong = misshapen.length > 0 ? misshapen : profileSense(copy as ProfileData);
  if (wrong.length === 0) return profileOf(copy as ProfileData);
  const more = wrong.length > SHOWN ? [`and ${wrong.length - SHOWN} more.`] : [];
  throw refused(['These facts cannot be as they are.', ...wrong.slice(0, SHOWN), ...more]);
}

function refused(lines: readonly string[]): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', `defineProfile: ${lines.join('\n  ')}`);
}
