import { type Answer, toResponse } from './answer.ts';
import { type Arrival, arrivalOf, targetOf } from './arrival.ts';
import { bodyAtHand, deliveryOf, wholeRequest } from './at-hand.ts';
import { Books } from './books.ts';
import { Chaos } from './chaos.ts';
import type { Control } from './control.ts';
import type { Cors } from './cors.ts';
import { deliver, type Fate, type Parcel, sent } from './delivery.ts';
import type { Dialect } from './dialect.ts';
import { type EventDetails, type EventLog, type EventSubject, eventOf, type Tell, type Told } from './events.ts';
import { CRASHES } from './fault-kinds.ts';
import type { PlannedFault } from './fault-plan.ts';
import { IdempotentServer, type Visit } from './idempotent-server.ts';
import type { LedgerStore } from './ledger-store.ts';
import { Monitors } from './monitors.ts';
import type { MovableClock } from './movable-clock.ts';
import { FaultPlans, PLAN_HEADER } from './plans.ts';
import { Resources } from './resources.ts';
import { type FindRoute, routeTable } from './routes.ts';
import { tenantOf } from './tenant.ts';
import type { ChaosOptions, Delivery, Execution, LedgerEntry, LogLine, MockOptions } from './types.ts';
import { Zombies } from './zombies.ts';

/** What an engine is made of: the options, resolved. */
export interface EngineParts {
  readonly dialect: Dialect;
  readonly clock: MovableClock;
  /** Outlives the engine: a reset is something that happened, too. */
  readonly events: EventLog;
  readonly cors: Cors | undefined;
  /** Without a slash at the end; empty where there is none. */
  readonly basePath: string;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  /** How long `wait` holds a repeat, in milliseconds. */
  readonly waitLimit: number;
  /** How long a lock lives, in milliseconds; undefined where it lives as long as its process. */
  readonly lease: number | undefined;
  readonly atomic: boolean;
  readonly store: LedgerStore | undefined;
  readonly onCrash: (() => void) | undefined;
  readonly tenant: (request: Request) => string;
  readonly log: ((line: LogLine) => void) | undefined;
  readonly routes: MockOptions['routes'];
  readonly chaos: ChaosOptions | undefined;
  readonly control: Control;
}

/** One server, from switching on to `reset()`: takes a request in, counts it, lets the plan strike, and hands out what is left of the answer. */
export class Engine {
  readonly plans: FaultPlans;
  readonly zombies: Zombies;
  readonly #parts: EngineParts;
  readonly #books: Books;
  readonly #monitors: Monitors;
  readonly #findRoute: FindRoute;
  readonly #server: IdempotentServer;
  /** While a server that died comes back: what it had written is being read. */
  #restarting: Promise<void> | undefined;
  #ended = false;

  /** @throws Error where the ledger's store cannot be read */
  constructor(parts: EngineParts) {
    const { dialect, clock } = parts;
    const now = (): number => clock.now();
    const resources = new Resources(dialect.data, dialect.replay);
    this.#parts = parts;
    this.plans = new FaultPlans(parts.chaos && new Chaos(parts.chaos));
    this.zombies = new Zombies(clock);
    this.#books = new Books({ ...parts, now, resources });
    this.#findRoute = routeTable(parts.routes, this.#books.executions.last);
    this.#monitors = new Monitors(dialect.data.accepted, now);
    this.#server = new IdempotentServer({ ...parts, books: this.#books, monitors: this.#monitors, resources });
  }

  async handle(request: Request): Promise<Delivery> {
    const { basePath, cors } = this.#parts;
    const target = targetOf(request, basePath);
    const preflight = cors?.preflight(request);
    if (preflight !== undefined) return { kind: 'answer', response: toResponse(preflight) };
    if (target.controlPath !== undefined) return this.#control(request, target.url, target.controlPath);
    // The body comes first: everything from here to the lock happens in one step, however many requests race.
    const body = bodyAtHand(request) ?? new Uint8Array(await request.arrayBuffer());
    while (this.#restarting !== undefined) await this.#restarting;
    // It was on its way in when the server was replaced.
    if (this.#ended) return { kind: 'reset' };
    const context = { dialect: this.#parts.dialect, tenant: this.#tenant(request), findRoute: this.#findRoute };
    const arrival = arrivalOf(request, body, target, context);
    const parcel = await this.#serve(arrival, request.headers.get(PLAN_HEADER));
    if (parcel.answer === undefined) return parcel;
    return deliveryOf(parcel.kind, this.#allowed(parcel.answer, request));
  }

  /** The state of an operation that was accepted. */
  monitor(id: string, request: Request): Answer {
    return this.#monitors.answer(id, this.#tenant(request), request.url);
  }

  effects(route?: string): readonly Execution[] {
    return this.#books.executions.list(route);
  }

  ledger(): readonly LedgerEntry[] {
    return this.#books.ledger.list();
  }

  async crash(): Promise<void> {
    const { events, onCrash } = this.#parts;
    events.tell('crashed');
    onCrash?.();
    const settled = this.#server.crash();
    this.#restarting = settled;
    await settled;
    if (this.#restarting === settled) this.#restarting = undefined;
  }

  /** Another engine takes its place, and knows nothing. */
  end(): void {
    this.#ended = true;
    this.zombies.end();
    void this.#server.crash();
    this.#books.forget();
  }

  #serve(arrival: Arrival, plan: string | null): Parcel | Promise<Parcel> {
    const fault = this.plans.take(plan, arrival.method, arrival.path);
    const visit = this.#admit(arrival, fault);
    if (fault !== undefined) return this.#struck(visit, fault).then((fate) => this.#close(visit, fate, fault));
    const served = this.#server.answer(visit);
    if (!(served instanceof Promise)) return this.#close(visit, sent(served), undefined);
    return served.then((it) => this.#close(visit, sent(it), undefined));
  }

  #struck(visit: Visit, fault: PlannedFault): Promise<Fate> {
    return deliver(fault, {
      serve: () => this.#server.answer(visit),
      serveAgain: () => void this.#serveUnheard(visit.arrival, 'duplicate'),
      strikes: () => visit.tell('fault', struckBy(fault)),
      crash: visit.crash,
      clock: this.#parts.clock,
    });
  }

  /** Counts a request in. */
  #admit(arrival: Arrival, fault?: PlannedFault): Visit {
    const { events } = this.#parts;
    const { terms, reading, tenant } = arrival;
    // What is refused never comes in, and a zombie comes in later.
    const comesIn = fault?.kind !== 'refuse' && fault?.kind !== 'zombie';
    const counted = comesIn && terms.honours !== 'ignored' && reading.kind === 'key';
    const entry = counted ? this.#books.ledger.hit(tenant, reading.key) : undefined;
    const hits = entry?.hits ?? 0;
    const subject = subjectOf(arrival, events.nextArrival());
    if (comesIn) events.tell('arrived', subject, { hits });
    const tell = teller(events, subject);
    if (fault === undefined) return { arrival, entry, hits, tell, diesAt: undefined, crash: unharmed };
    return { arrival, entry, hits, tell, diesAt: CRASHES.get(fault.kind), crash: this.#crashOf(fault, tell) };
  }

  /** Lets the server die of a fault, once. */
  #crashOf(fault: PlannedFault, tell: Tell): () => Promise<void> {
    let dead = false;
    return async () => {
      if (dead) return;
      dead = true;
      if (fault.delay > 0) await this.#parts.clock.sleep(fault.delay);
      tell('fault', struckBy(fault));
      await this.crash();
    };
  }

  /** A delivery that nobody waits for: whatever becomes of it, nobody hears it. */
  async #serveUnheard(arrival: Arrival, fault: 'duplicate' | 'zombie'): Promise<void> {
    while (this.#restarting !== undefined) await this.#restarting;
    if (this.#ended) return;
    const visit = this.#admit(arrival);
    try {
      const { outcome } = await this.#server.answer(visit);
      visit.tell('lost', { hits: visit.hits, outcome, why: fault, fault });
    } catch {
      visit.tell('lost', { hits: visit.hits, outcome: 'lost', why: fault, fault });
    }
  }

  /** Its fate is decided: tells it, and lets go of what waited for that. */
  #close(visit: Visit, { parcel, outcome, error }: Fate, planned: PlannedFault | undefined): Parcel {
    const { arrival, tell, hits } = visit;
    const fault = planned?.kind;
    const refused = parcel.kind === 'reset' && parcel.refused;
    const why = outcome === 'lost' ? 'crash' : refused ? 'refused' : parcel.kind;
    const details = { hits, outcome, status: parcel.answer?.status, fault, error };
    const told = parcel.kind === 'answer' ? tell('answered', details) : tell('lost', { ...details, why });
    this.#parts.log?.(lineOf(told, visit));
    this.zombies.release();
    if (fault === 'zombie') this.zombies.hold(() => void this.#serveUnheard(arrival, 'zombie'), planned?.delay ?? 0);
    return parcel;
  }

  async #control(request: Request, url: URL, path: string): Promise<Delivery> {
    const { live, ...answer } = await this.#parts.control(wholeRequest(request), url, path);
    const response = toResponse(this.#allowed(answer, request));
    if (live === undefined) return { kind: 'answer', response };
    return { kind: 'answer', response: new Response(live, response), live: true };
  }

  #tenant(request: Request): string {
    const { tenant } = this.#parts;
    return tenant(tenant === tenantOf ? request : wholeRequest(request));
  }

  #allowed(answer: Answer, request: Request): Answer {
    return this.#parts.cors?.allow(answer, request) ?? answer;
  }
}

async function unharmed(): Promise<void> {}

/** A function of its own: what it holds on to lives as long as the event. */
function teller(events: EventLog, subject: EventSubject): Tell {
  return (kind, details) => events.tell(kind, subject, details);
}

function struckBy({ kind, why }: PlannedFault): EventDetails {
  return { fault: kind, why };
}

function subjectOf({ method, path, tenant, reading, found }: Arrival, request: number): EventSubject {
  const key = reading.kind === 'key' ? reading.key : undefined;
  return { request, method, path, route: found?.route, key, tenant };
}

/** The log line is the last event of a request in another form, so the two cannot disagree. */
function lineOf(told: Told, { arrival, hits }: Visit): LogLine {
  const { at, key, outcome = 'lost', status, fault, error } = eventOf(told);
  return {
    at,
    method: arrival.method,
    path: arrival.path,
    key,
    tenant: arrival.tenant,
    outcome,
    ...(status !== undefined && { status }),
    ...(error !== undefined && { error }),
    hits,
    ...(fault !== undefined && { fault }),
  };
}
