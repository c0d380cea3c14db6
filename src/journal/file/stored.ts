import { JournalError } from '../../core/errors/journal-error.ts';
import { identityLabel } from '../../core/identity.ts';
import type { JournalRecord } from '../../core/record.ts';

/** A record that is in the log and cannot be used. */
export interface Unusable {
  readonly unusable: 'corrupt' | 'newer-version';
}

/** What the log holds of one identity. */
export interface Stored {
  readonly value: JournalRecord | Unusable;
  /** The offset behind the line that wrote it: durable once the log is durable up to there. */
  readonly end: number;
}

export function isUnusable(value: JournalRecord | Unusable): value is Unusable {
  return 'unusable' in value;
}

/** The record, as a copy: what a caller writes into it must not change what the next one reads.
 *  @throws JournalError where the log holds one that cannot be used */
export function readRecord(stored: Stored | undefined, identity: string): JournalRecord | undefined {
  if (stored === undefined) return undefined;
  if (!isUnusable(stored.value)) return copyOf(stored.value);
  const { unusable } = stored.value;
  const why =
    unusable === 'corrupt'
      ? 'is damaged. It is left as it is, and nothing is sent in its name'
      : 'was written by a newer version of onceward. It is left as it is: update this program';
  throw new JournalError(unusable, `The record ${identityLabel(identity)} ${why}.`);
}

/** Faster than structuredClone and Object.fromEntries; a stored record has no member named `__proto__`. */
function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copy[name] = copyOf((value as Record<string, unknown>)[name]);
  return copy as T;
}
