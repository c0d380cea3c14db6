import type { Journal } from '../../../src/core/journal.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';

/** Claims every name, in an order of its own and 10 at a time: in one order, the same side would win them all. */
export async function claimAll(
  journal: Journal,
  ids: readonly string[],
  who: string,
): Promise<Record<string, { key: string; created: boolean }>> {
  const make = samples();
  const left = shuffled(ids);
  const keys: Record<string, { key: string; created: boolean }> = {};
  const caller = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const offered = make.operation(id, { key: `${who}-${id}` });
      const { created, record } = await journal.claim({ ...offered, write: `${who}-${offered.write}` });
      keys[id] = { created, key: record.fixed.kind === 'operation' ? record.fixed.key : '' };
    }
  };
  await Promise.all(Array.from({ length: 10 }, caller));
  return keys;
}

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items];
  for (let at = left.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [left[at], left[other]] = [left[other] as T, left[at] as T];
  }
  return left;
}
