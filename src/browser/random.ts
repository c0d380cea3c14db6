import type { Random } from '../core/ports.ts';

/** `getRandomValues` is there on insecure origins too, where `randomUUID` and `subtle` are missing. */
export const browserRandom: Random = {
  bytes: (n) => crypto.getRandomValues(new Uint8Array(n)),
  fraction: () => Math.random(),
};
