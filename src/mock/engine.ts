import { type Answer, toResponse, withoutBody } from './answer.ts';
import { type Arrival, arrivalOf, type Target, targetOf } from './arrival.ts';
import { controlAnswer } from './control.ts';
import type { Cors } from './cors.ts';
import { deliver, type Fate, type Parcel } from './delivery.ts';
import type { Dialect } from './dialect.ts';
import { FaultPlan } from './fault-plan.ts';
import { IdempotentServer } from './idempotent-server.ts';
import { type Entry, Ledger } from './ledger.ts';
import { Monitors } from './monitors.ts';
import type { MovableClock } from './movable-clock.ts';
import { Resources } from './resources.ts';
import { routeTable } from './routes.ts';
import type { Delivery, Execution, LogLine, MockOptions } from './types.ts';

/** What an engine is made of: the options, resolved. */
export interface EngineParts {
  readonly dialect: Dialect;
  readonly clock: MovableClock;
  readonly cors: Cors | undefined;
  /** Without a slash at the end; empty where there is none. */
  readonly basePath: string;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  readonly tenant: (request: Request) => string;
  readonly log: ((line: LogLine) => void) | undefined;
  readonly routes: MockOptions['routes'];
}

/** One server, from switching on to `reset()`: takes a request in, counts it, lets the plan strike, and hands out what is left of the answer. */
export class Engine {
  readonly plan: FaultPlan = new FaultPlan();
  readonly #parts: EngineParts;
  readonly #ledger: Ledger;
  readonly #monitors: Monitors;
  readonly #server: IdempotentServer;
  readonly #executions: Execution[] = [];

  constructor(parts: EngineParts) {
    const { dialect, clock, inProgress } = parts;
    const now = (): number => clock.now();
    this.#parts = parts;
    this.#ledger = new Ledger(now);
    this.#monitors = new Monitors(dialect.data.accepted, now);
    this.#server = new IdempotentServer({
      dialect,
      ledger: this.#ledger,
      monitors: this.#monitors,
      resources: new Resources(dialect.data, dialect.replay),
      findRoute: routeTable(parts.routes),
      inProgress,
      now,
      executed: (execution) => this.#executions.push(execution),
    });
  }

  async handle(request: Request): Promise<Delivery> {
    const { basePath, cors } = this.#parts;
    const target = targetOf(request, basePath);
    const preflight = cors?.preflight(request);
    if (preflight !== undefined) return { kind: 'answer', response: toResponse(preflight) };
    const parcel =
      target.controlPath === undefined
        ? await this.#serve(request, target)
        : this.#control(request, target, target.controlPath);
    if (parcel.answer === undefined) return { kind: parcel.kind };
    const answer = cors === undefined ? parcel.answer : cors.allow(parcel.answer, request);
    return { kind: parcel.kind, response: toResponse(answer) };
  }

  effects(route?: string): readonly Execution[] {
    return this.#executions.filter((execution) => route === undefined || execution.route === route);
  }

  ledger(): ReturnType<Ledger['list']> {
    return this.#ledger.list();
  }

  crash(): void {
    this.#server.crash();
  }

  async #serve(request: Request, target: Target): Promise<Parcel> {
    const { dialect, tenant, clock, log } = this.#parts;
    // The body comes first: everything from here to the lock happens in one step, however many requests race.
    const body = new Uint8Array(await request.arrayBuffer());
    const arrival = arrivalOf(request, body, target, { dialect, tenant: tenant(request) });
    const fault = this.plan.take(arrival.method, arrival.path);
    const entry = this.#count(arrival);
    const hits = entry?.hits ?? 0;
    let delivered = 0;
    const serve = (): ReturnType<IdempotentServer['answer']> => {
      delivered += 1;
      return this.#server.answer(arrival, delivered === 1 ? entry : this.#count(arrival));
    };
    const fate = await deliver(fault, serve, clock);
    log?.({ at: clock.now(), ...lineOf(arrival, fate), hits, ...(fault !== undefined && { fault: fault.kind }) });
    return fate.parcel;
  }

  #count({ terms, reading, tenant }: Arrival): Entry | undefined {
    return terms.honours === 'ignored' || reading.kind !== 'key' ? undefined : this.#ledger.hit(tenant, reading.key);
  }

  #control(request: Request, { url }: Target, path: string): Parcel {
    const answer: Answer = controlAnswer(request.method, path, url, {
      ledger: () => this.ledger(),
      effects: (route) => this.effects(route),
      monitor: (id, at) => this.#monitors.answer(id, this.#parts.tenant(request), at.href),
    });
    return { kind: 'answer', answer: request.method === 'HEAD' ? withoutBody(answer) : answer };
  }
}

function lineOf(
  { method, path, tenant, reading }: Arrival,
  { outcome, parcel, error }: Fate,
): Pick<LogLine, 'method' | 'path' | 'key' | 'tenant' | 'outcome' | 'status' | 'error'> {
  return {
    method,
    path,
    key: reading.kind === 'key' ? reading.key : undefined,
    tenant,
    outcome,
    ...(parcel.answer !== undefined && { status: parcel.answer.status }),
    ...(error !== undefined && { error }),
  };
}
