import { milliseconds } from '../core/duration.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import { FAULT_KINDS } from './fault-kinds.ts';
import { matchRoute, type RoutePattern, routePattern } from './route-pattern.ts';
import type { Fault, FaultKind } from './types.ts';

/** A fault as it waits for its request. */
export interface PlannedFault {
  readonly kind: FaultKind;
  /** Of a `status:N`, and of `misdirected`. */
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly delay: number;
  /** Where it comes from, if not from the plan that everybody shares: for the events. */
  readonly why?: string;
}

interface Entry extends PlannedFault {
  readonly at: number | undefined;
  readonly route: RoutePattern | undefined;
  readonly written: Fault;
  seen: number;
}

const MEMBERS: ReadonlySet<string> = new Set(['fault', 'at', 'route', 'retryAfter', 'delay']);

/** RFC 9110, 15.5.20. */
const MISDIRECTED = 421;

/** The faults that are still to come. One request meets at most one of them. */
export class FaultPlan {
  readonly #why: string | undefined;
  #entries: Entry[] = [];

  /** @param why what the events say of each of its faults */
  constructor(why?: string) {
    this.#why = why;
  }

  /** @throws UsageError ERR_ONCEWARD_INVALID_OPTION; then nothing of `plan` is added */
  add(plan: readonly Fault[]): void {
    const why = this.#why;
    this.#entries.push(...plan.map((fault) => ({ ...entryOf(fault), ...(why !== undefined && { why }) })));
  }

  /** The fault of this request: one that waits for exactly this one by `at`, else the oldest that takes any. */
  take(method: string, path: string): PlannedFault | undefined {
    if (this.#entries.length === 0) return undefined;
    let taken: Entry | undefined;
    for (const entry of this.#entries) {
      if (entry.route !== undefined && matchRoute(entry.route, method, path) === undefined) continue;
      entry.seen += 1;
      if (entry.seen === entry.at) taken ??= entry;
    }
    taken ??= this.#entries.find((entry) => entry.at === undefined && entry.seen > 0);
    if (taken !== undefined) this.#entries = this.#entries.filter((entry) => entry !== taken);
    return taken;
  }

  /** The faults no request has met, as they were written. */
  left(): readonly Fault[] {
    return this.#entries.map(({ written }) => written);
  }

  clear(): void {
    this.#entries = [];
  }
}

function entryOf(fault: Fault): Entry {
  // Out of a file or a request it may be anything.
  const spec: Exclude<Fault, string> = typeof fault === 'object' && fault !== null ? fault : { fault };
  const text = typeof fault === 'string' ? fault : JSON.stringify(fault);
  const unknown = Object.keys(spec).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined)
    throw invalid(`A fault has no '${unknown}'; it has ${[...MEMBERS].join(', ')}. Got ${text}.`);
  if (spec.at !== undefined && !(Number.isInteger(spec.at) && spec.at >= 1)) {
    throw invalid(`'at' of a fault is a whole number from 1; got ${text}.`);
  }
  const status = statusOf(spec.fault);
  if (status === undefined && spec.retryAfter !== undefined) {
    throw invalid(`'retryAfter' belongs to a 'status:N' fault; got ${text}.`);
  }
  return {
    kind: spec.fault,
    status: spec.fault === 'misdirected' ? MISDIRECTED : status,
    retryAfter: spec.retryAfter,
    delay: spec.delay === undefined ? 0 : milliseconds(spec.delay, "'delay' of a fault"),
    at: spec.at,
    route: spec.route === undefined ? undefined : routePattern(spec.route),
    written: fault,
    seen: 0,
  };
}

function statusOf(kind: unknown): number | undefined {
  if (typeof kind === 'string' && FAULT_KINDS.has(kind)) return undefined;
  const status = Number(/^status:([2-5]\d\d)$/.exec(String(kind))?.[1]);
  if (Number.isNaN(status)) {
    throw invalid(
      `There is no fault ${JSON.stringify(kind)}; there are ${[...FAULT_KINDS].join(', ')} and status:200 to status:599.`,
    );
  }
  return status;
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
