import { effects } from './checks.ts';
import type { VerifyResult } from './report.ts';
import type { Subject } from './subject.ts';

/** Probes at once. */
const LANES = 8;

/** Counts once more, after everything: a second execution may have been slower than the answer that the case waited for. */
export async function audited(subject: Subject, results: readonly VerifyResult[]): Promise<VerifyResult[]> {
  const late = new Map<string, string[]>();
  const left = [...subject.counted];
  const lane = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { round, expected } = one;
      // What cannot be counted now was counted before.
      const found = await subject.effects(round, expected, []).catch(() => undefined);
      if (found === undefined || found.count <= expected) continue;
      late.set(round.id, [...(late.get(round.id) ?? []), `${effects(found.count)} instead of ${expected}`]);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results.map((result) => {
    const [one, ...more] = late.get(result.id) ?? [];
    if (one === undefined || result.verdict === 'fail') return result;
    const evidence = `counted again at the end: ${one}${more.length === 0 ? '' : `, and so for ${more.length} more`}`;
    return { ...result, verdict: 'fail', evidence };
  });
}
