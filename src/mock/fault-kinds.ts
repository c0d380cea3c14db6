import type { CrashPoint, FaultKind } from './types.ts';

/** What strikes one request and nobody else, but for `status:N`, of which there are many. */
export const LONE_FAULTS: readonly FaultKind[] = [
  'refuse',
  'reset-before',
  'reset-after',
  'lose-response',
  'truncate',
  'stall',
  'duplicate',
  'zombie',
  'misdirected',
];

/** Where the server dies, by the fault that kills it there. */
export const CRASHES: ReadonlyMap<FaultKind, CrashPoint> = new Map(
  (['before-effect', 'before-store', 'after-store'] as const).map((point) => [`crash:${point}`, point]),
);

/** All but `status:N`. */
export const FAULT_KINDS: ReadonlySet<string> = new Set<string>([...LONE_FAULTS, ...CRASHES.keys()]);
