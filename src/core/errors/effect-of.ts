import type { Effect } from '../types.ts';
import { isOncewardError, type OncewardError } from './onceward-error.ts';

/** For catch blocks in a UI: the error's effect; 'possible' for anything that is not ours.
 *
 *  @example
 *  catch (error) {
 *    show(effectOf(error) === 'none' ? 'Nothing was charged.' : 'We are confirming your payment.');
 *  }
 */
export function effectOf(error: unknown): Effect {
  return findOncewardError(error)?.effect ?? 'possible';
}

/** Looks through `cause`, `detail` (Stripe's SDK wraps there) and `errors` (AggregateError). Ours are known by their brand, which an answer of a
 *  server cannot carry: its JSON stands in such members too, and must not say what our own errors say. */
export function findOncewardError(error: unknown): OncewardError | undefined {
  const seen = new Set<unknown>();
  const queue: unknown[] = [error];
  for (const next of queue) {
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (isOncewardError(next)) return next;
    queue.push(member(next, 'cause'), member(next, 'detail'));
    const errors = member(next, 'errors');
    if (Array.isArray(errors)) queue.push(...(errors as unknown[]));
  }
  return undefined;
}

/** Undefined where it cannot be read: a foreign error may have getters that throw, and this runs in somebody's catch block. */
function member(of: object, name: 'cause' | 'detail' | 'errors'): unknown {
  try {
    return (of as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}
