import { UsageError } from '../core/errors/usage-error.ts';
import type { Chaos } from './chaos.ts';
import { FaultPlan, type PlannedFault } from './fault-plan.ts';
import type { Fault } from './types.ts';

/** A request that carries it meets only the faults of the plan it names: tests that share a server do not meet each other's. */
export const PLAN_HEADER = 'x-onceward-plan';

/** The plan that everybody shares, and one for each name. */
export class FaultPlans {
  readonly #shared = new FaultPlan();
  readonly #named = new Map<string, FaultPlan>();
  readonly #chaos: Chaos | undefined;

  constructor(chaos: Chaos | undefined) {
    this.#chaos = chaos;
  }

  /** @throws UsageError ERR_ONCEWARD_INVALID_OPTION; then nothing of `plan` is added */
  add(name: string | undefined, plan: readonly Fault[]): void {
    if (name === undefined) {
      this.#shared.add(plan);
      return;
    }
    if (!/^[\x21-\x7e]{1,100}$/.test(name)) {
      throw new UsageError(
        'ERR_ONCEWARD_INVALID_OPTION',
        `The name of a plan is 1 to 100 printable ASCII characters without spaces, as it travels in ${PLAN_HEADER}; got ${JSON.stringify(name.slice(0, 100))}.`,
      );
    }
    const named = this.#named.get(name) ?? new FaultPlan(`plan ${name}`);
    named.add(plan);
    this.#named.set(name, named);
  }

  /** The fault of this request. */
  take(name: string | null, method: string, path: string): PlannedFault | undefined {
    if (name === null) {
      const chance = this.#chaos?.next();
      return this.#shared.take(method, path) ?? chance;
    }
    const named = this.#named.get(name);
    const taken = named?.take(method, path);
    if (named?.left().length === 0) this.#named.delete(name);
    return taken;
  }

  /** The faults of one plan that no request has met. */
  left(name: string | undefined): readonly Fault[] {
    return (name === undefined ? this.#shared : this.#named.get(name))?.left() ?? [];
  }

  clear(name: string | undefined): void {
    if (name === undefined) this.#shared.clear();
    else this.#named.delete(name);
  }

  /** @throws Error naming what is left, of one plan where a name is given */
  assertConsumed(name?: string): void {
    const plans = name === undefined ? [undefined, ...this.#named.keys()] : [name];
    const left = plans.flatMap((plan) => this.left(plan).map((fault) => textOf(fault, plan)));
    if (left.length === 0) return;
    throw new Error(
      `${left.length} planned ${left.length === 1 ? 'fault was' : 'faults were'} met by no request: ${left.join(', ')}. Send the requests the plan is for, or correct its 'at' and 'route'.`,
    );
  }
}

function textOf(fault: Fault, plan: string | undefined): string {
  const text = typeof fault === 'string' ? fault : JSON.stringify(fault);
  return plan === undefined ? text : `${text} of plan '${plan}'`;
}
