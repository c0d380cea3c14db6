import { CASES, type ConformanceCase } from './conformance-cases.ts';
import { Exchange, type Target } from './support/exchange.ts';

export interface Verdict {
  readonly id: string;
  readonly verdict: 'pass' | 'fail' | 'skip';
  readonly evidence: string;
}

/** Asks everything, in order, each with a key of its own. */
export async function conform(target: Target, cases: readonly ConformanceCase[] = CASES): Promise<Verdict[]> {
  const exchange = new Exchange(target);
  const verdicts: Verdict[] = [];
  for (const { id, skip, run } of cases) {
    const reason = skip?.(target) ?? false;
    if (reason !== false) {
      verdicts.push({ id, verdict: 'skip', evidence: reason });
      continue;
    }
    const evidence = await run(exchange, crypto.randomUUID()).then(
      () => '',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    verdicts.push({ id, verdict: evidence === '' ? 'pass' : 'fail', evidence });
  }
  return verdicts;
}
