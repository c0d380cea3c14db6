import { performance } from 'node:perf_hooks';
import { compactFileJournal, fileJournal } from '../src/journal/file/file-journal.ts';
import { serve } from './child.ts';
import { claimOf, finishedOf, tombstoneOf } from './records.ts';
import { median, quantile } from './statistics.ts';

/** What a journal is filled with before it is measured. */
export interface Filling {
  readonly directory: string;
  readonly tombstones: number;
  readonly pending: number;
  /** Finished a moment ago, with everything that is kept of it. */
  readonly finished: { readonly count: number; readonly bytes: number };
}

export interface Opened {
  /** From nothing to ready. */
  readonly openMs: number;
  /** And what is unfinished has been listed. */
  readonly listMs: number;
  readonly pending: number;
}

/** Claims under way at once while a journal is filled. */
const AT_ONCE = 10_000;

let journal: ReturnType<typeof fileJournal>;

serve({
  fill,
  async open(directory: string): Promise<Opened> {
    const started = performance.now();
    journal = fileJournal(directory);
    await journal.open();
    const openMs = performance.now() - started;
    const { records } = await journal.list('', { open: true });
    return { openMs, listMs: performance.now() - started, pending: records.length };
  },
  /** Median time of one claim by one caller. */
  async latency(claims: number): Promise<number> {
    const times: number[] = [];
    for (let at = 0; at < claims; at++) {
      const record = claimOf();
      const started = performance.now();
      await journal.claim(record);
      times.push(performance.now() - started);
    }
    return median(times);
  },
  /** Bytes on the heap and beside it, after collection. */
  heap,
  async close() {
    await journal.close();
  },
});

async function fill({ directory, tombstones, pending, finished }: Filling): Promise<void> {
  const filled = fileJournal(directory);
  await many(tombstones, () => filled.claim(tombstoneOf()));
  await many(finished.count, () => filled.claim(finishedOf(finished.bytes)));
  await many(pending, () => filled.claim(claimOf()));
  await compactFileJournal(filled);
  await filled.close();
}

async function many(count: number, claim: () => Promise<unknown>): Promise<void> {
  for (let left = count; left > 0; left -= AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, claim));
  }
}

async function heap(): Promise<number> {
  const seen: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    // `external` counts array buffers too.
    seen.push(heapUsed + Math.max(external, arrayBuffers));
  }
  return quantile(seen, 0);
}
