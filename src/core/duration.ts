import { UsageError } from './errors/usage-error.ts';
import type { Duration } from './types.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** 400 days: what browsers cap cookies at; a longer wait in a client is a mistake in units. */
const LONGEST = 400 * 86_400_000;

/** Milliseconds of a Duration. `what` names the option in the error.
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION for anything negative, not finite, over 400 days or not a duration */
export function milliseconds(value: Duration, what: string, { infinity = false }: { infinity?: boolean } = {}): number {
  const ms = typeof value === 'string' ? parse(value) : value;
  if (infinity && value === Number.POSITIVE_INFINITY) return value;
  if (typeof ms !== 'number' || !(ms >= 0) || ms > LONGEST) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      `${what} must be milliseconds or a text like '30s', '5m', '24h', '7d', from 0 to 400d${infinity ? ', or Infinity' : ''}; got ${typeof value === 'string' || typeof value === 'number' ? value : typeof value}.`,
    );
  }
  return ms;
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN) : Number.NaN;
}
