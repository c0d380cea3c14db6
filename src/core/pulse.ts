import { OVER } from './over.ts';
import type { Clock } from './ports.ts';

const BEAT_MS = 1_000;

/** Who did not run for longer than this cannot know what others have decided meanwhile. Shorter than every lease: whoever is taken over for his
 *  silence has noticed the gap before he looks at anything else. */
const LONGEST_GAP_MS = 20_000;

/** Notices that this process or page stood still: frozen, stopped, asleep in the back/forward cache, or busy with one long task. */
export interface Pulse {
  /** Whether there was such a gap since the pulse began. Synchronous, so that it can be asked right before a byte leaves. */
  missed(): boolean;
  stop(): void;
}

export function startPulse(clock: Clock): Pulse {
  const over = new AbortController();
  let last = clock.monotonic();
  let gap = false;
  const beat = (): boolean => {
    const now = clock.monotonic();
    if (now - last > LONGEST_GAP_MS) gap = true;
    last = now;
    return gap;
  };
  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(BEAT_MS, over.signal);
      beat();
    }
  };
  run().catch(() => undefined);
  return { missed: beat, stop: () => over.abort(OVER) };
}
