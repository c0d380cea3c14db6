import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { serve } from './child.ts';
import { STORES, type StoreName } from './stores/all.ts';
import type { Store } from './stores/store.ts';

/** What one slice of one store came to. */
export interface Slice {
  readonly operations: number;
  readonly ms: number;
  /** CPU of the whole process, all threads, in microseconds. */
  readonly cpu: number;
  readonly flushes?: number;
  readonly bytes?: number;
  /** What the process dirtied, by the kernel's own count; undefined where it does not say. */
  readonly dirtied?: number | undefined;
}

export interface SliceInput {
  readonly callers: number;
  readonly ms: number;
  readonly kind: 'put' | 'operation';
}

let store: Store;

serve({
  async open({ name, directory }: { name: StoreName; directory: string }) {
    store = await STORES[name].open(directory);
  },
  slice,
  close: () => store.close(),
});

async function slice({ callers, ms, kind }: SliceInput): Promise<Slice> {
  const work = kind === 'put' ? () => store.put() : () => store.operation?.();
  const before = { ...store.counts };
  const dirtied = writeBytes();
  const cpu = process.cpuUsage();
  const started = performance.now();
  let operations = 0;
  // Between two turns, so that all who were answered together go on together, or stop: no group is cut short by the clock.
  let over = false;
  setTimeout(() => {
    over = true;
  }, ms);
  const caller = async () => {
    // The clock itself too: a store that never waits lets no timer run.
    while (!over && performance.now() - started < 1.2 * ms) {
      await work();
      operations += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const used = process.cpuUsage(cpu);
  const now = writeBytes();
  return {
    operations,
    ms: performance.now() - started,
    cpu: used.user + used.system,
    dirtied: now === undefined || dirtied === undefined ? undefined : now - dirtied,
    ...(store.counts && {
      flushes: store.counts.flushes - (before.flushes ?? 0),
      bytes: store.counts.bytes - (before.bytes ?? 0),
    }),
  };
}

function writeBytes(): number | undefined {
  try {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
