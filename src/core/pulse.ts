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
  let last = clock.monotonic();
  let gap = false;
  const beat = (): boolean => {
    const now = clock.monotonic();
    if (now - last > LONGEST_GAP_MS) gap = true;
    last = now;
    return gap;
  };
  const beats = beatsOf(clock);
  beats.add(beat);
  return { missed: beat, stop: () => void beats.delete(beat) };
}

/** One timer for all pulses of a clock: a client without work has none, and one that is called again and again would start one at each call. It is
 *  not ended with the last of them, but runs out with the next beat. */
const beating = new WeakMap<Clock, Set<() => void>>();

function beatsOf(clock: Clock): Set<() => void> {
  let beats = beating.get(clock);
  if (beats !== undefined) return beats;
  beats = new Set();
  beating.set(clock, beats);
  const end = () => void beating.delete(clock);
  keepBeating(clock, beats).then(end, end);
  return beats;
}

async function keepBeating(clock: Clock, beats: Set<() => void>): Promise<void> {
  do {
    await clock.sleep(BEAT_MS);
    for (const beat of beats) beat();
  } while (beats.size > 0);
}
