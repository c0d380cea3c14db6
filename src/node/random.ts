import { randomBytes } from 'node:crypto';
import type { Random } from '../core/ports.ts';

export const nodeRandom: Random = {
  // A plain array: a Buffer would print and serialise itself differently.
  bytes: (n) => new Uint8Array(randomBytes(n)),
  fraction: () => Math.random(),
};
