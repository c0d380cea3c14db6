import { OVER } from './over.ts';
import type { Clock } from './ports.ts';
import { errorName } from './safe-cause.ts';

/** What became of somebody else's function. */
export type Bounded<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'late' | 'stopped' }
  | { readonly kind: 'threw'; readonly name: string };

/** Calls a function of the application's: what hangs is waited for until the limit, and not at all once one of the signals is aborted. Never throws. */
export async function bounded<T>(
  { clock, limit }: { readonly clock: Clock; readonly limit: number },
  work: () => Promise<T>,
  stops: readonly AbortSignal[],
): Promise<Bounded<T>> {
  const over = new AbortController();
  const ended = new Promise<Bounded<T>>((resolve) => {
    const late = () => resolve({ kind: 'late' });
    clock.sleep(limit, over.signal).then(late, late);
    for (const stop of stops) {
      const stopped = () => resolve({ kind: 'stopped' });
      stop.addEventListener('abort', stopped, { signal: over.signal });
      if (stop.aborted) stopped();
    }
  });
  const value = work().then(
    (result): Bounded<T> => ({ kind: 'value', value: result }),
    (error: unknown): Bounded<T> => ({ kind: 'threw', name: errorName(error) }),
  );
  try {
    return await Promise.race([value, ended]);
  } finally {
    over.abort(OVER);
  }
}
