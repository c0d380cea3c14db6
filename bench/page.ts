import type { Results } from './results.ts';
import { markdown, tablesOf } from './tables.ts';

/** docs/benchmarks.md, whole. */
export function page(results: Results, machine: readonly string[]): string {
  return `# Benchmarks

Written by \`npm run bench -- --write\`. One run, on one machine:

${machine.map((line) => `- ${line}`).join('\n')}

![Bars of the tables below, on logarithmic scales](benchmarks.svg)

**How to read it.** Absolute figures belong to this machine and this moment: its disk alone may be ten times slower a minute later. What carries over are the ratios, because both sides of each were measured one right after the other, and the counts (flushes, bytes), which do not depend on speed at all.

${tablesOf(results).map(markdown).join('\n')}
## Method

- Everything that is compared runs in turn, a slice of time or a batch of calls each, round after round, every other round in reverse order, after warm-up rounds that do not count. A ratio is the median of the ratios within the rounds.
- Every store has a process of its own, so that no heap and no garbage is anybody else's. It loops with 1, 16 or 256 callers, each of whom stores a new record and waits until it is durable. Records are the ones the client really writes in Node, its driver's mark included; their names come in no order, as ids of carts do.
- The *bare loop* is the least that could be done: JSON, checksum, one write and one \`fdatasync\` for all that arrived together. It keeps no index, knows no names, reads nothing and detects nothing. The journal answers whether a name is new, against other processes too.
- lmdb inserts where the name is absent and awaits \`flushed\`, since its \`put\` resolves before the device has the record. SQLite is \`node:sqlite\` with WAL and \`synchronous=FULL\`. classic-level writes with \`sync: true\`. write-file-atomic does not flush the directory.
- CPU is \`process.cpuUsage()\`: all threads, the collector's and the compiler's too.
- Heap is read after forced collections, in a fresh process, and compared with the same process without the records; the client's is what 100,000 operations add to what the 100,000 before them left, over a journal that forgets what was delivered, in whole pointers.
- In the browser everything runs in one page, 100 calls at once from the first call to the last answer; what the journal writes into localStorage is in its time. Its listing is against one \`getAll\` of the same records, filtered in the page; nine in ten of them were claimed first and finished later, as in a shop.
- Journals for the reopening table are filled with finished operations that have expired, compacted once, closed, and opened in fresh processes. The page cache is warm.

## Limits

The machine has few cores and is shared. Power was not cut: what a disk does with a flush is its own word. Disks with other flush costs shift the columns of one caller most. Each contender is used as its documentation says, by people who know their own journal better than the others.

**Not measured:** Windows and macOS, spinning disks and network file systems; Firefox and WebKit; memory of the browser; many processes on one journal at once; the stores of \`storeJournal\`; a cold page cache.
`;
}
