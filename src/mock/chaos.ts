import { UsageError } from '../core/errors/usage-error.ts';
import { LONE_FAULTS } from './fault-kinds.ts';
import { FaultPlan, type PlannedFault } from './fault-plan.ts';
import { seededRandom } from './seeded-random.ts';
import type { ChaosOptions, FaultKind } from './types.ts';

/** What can happen on any day between a client and a server. No crashes: those would strike everybody else's requests too. */
export const CHAOS_FAULTS: readonly FaultKind[] = [...LONE_FAULTS, 'status:429', 'status:500', 'status:503'];

/** Faults nobody planned. The n-th request meets the same one in every run with the same seed. */
export class Chaos {
  readonly #rate: number;
  readonly #random: () => number;

  /** @throws UsageError ERR_ONCEWARD_INVALID_OPTION */
  constructor({ seed, rate }: ChaosOptions) {
    if (!Number.isSafeInteger(seed)) throw invalid(`chaos.seed is a whole number; got ${String(seed)}.`);
    if (!(rate >= 0 && rate <= 1)) throw invalid(`chaos.rate is a number from 0 to 1; got ${String(rate)}.`);
    this.#rate = rate;
    this.#random = seededRandom(seed);
  }

  /** What the next request meets. Asked once for each, whether or not something else strikes it: what one request meets must not hang on another's. */
  next(): PlannedFault | undefined {
    const struck = this.#random() < this.#rate;
    const kind = CHAOS_FAULTS[Math.floor(this.#random() * CHAOS_FAULTS.length)];
    if (!struck || kind === undefined) return undefined;
    const one = new FaultPlan('chaos');
    one.add([kind]);
    return one.take('', '');
  }
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
