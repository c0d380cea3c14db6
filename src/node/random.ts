import { randomFillSync } from 'node:crypto';
import type { Random } from '../core/ports.ts';

/** Drawn at once: a call of the system's source costs as much for sixteen bytes as for some thousands, and one operation asks for seven. */
const POOL = 4096;

export const nodeRandom: Random = {
  bytes: pooledBytes(),
  fraction: () => Math.random(),
};

/** Each byte is handed out once, and wiped: what is still in the pool says nothing about earlier keys. */
function pooledBytes(): Random['bytes'] {
  const pool = new Uint8Array(POOL);
  let at = POOL;
  return (n) => {
    if (n > POOL) return randomFillSync(new Uint8Array(n));
    if (at + n > POOL) {
      randomFillSync(pool);
      at = 0;
    }
    const bytes = pool.slice(at, at + n);
    pool.fill(0, at, at + n);
    at += n;
    return bytes;
  };
}
