import { type Answer, captureAnswer, problemAnswer, withoutBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Dialect } from './dialect.ts';
import type { Tell } from './events.ts';
import { sameRequest } from './fingerprint.ts';
import type { Entry, Ledger, Lock } from './ledger.ts';
import type { Monitors } from './monitors.ts';
import type { Resources } from './resources.ts';
import { type FoundRoute, SAFE_METHODS } from './routes.ts';
import type { CrashPoint, Execution, LogOutcome } from './types.ts';

/** An answer and how it came about. `lost`: the process that ran it died, there is nobody left to answer. */
export type Served =
  | { readonly answer: Answer; readonly outcome: Exclude<LogOutcome, 'lost'>; readonly error?: string }
  | { readonly answer?: never; readonly outcome: 'lost'; readonly error?: string };

/** One arrival at the server. */
export interface Visit {
  readonly arrival: Arrival;
  /** Of its key, where it carries one that is honoured. */
  readonly entry: Entry | undefined;
  /** How often the key had come in by then, this time included. */
  readonly hits: number;
  readonly tell: Tell;
  /** Where on its way the server is to die. */
  readonly diesAt: CrashPoint | undefined;
  /** Lets it die, once. */
  readonly crash: () => Promise<void>;
}

const LOST = { outcome: 'lost' } as const;

export interface ServerParts {
  readonly dialect: Dialect;
  readonly ledger: Ledger;
  readonly monitors: Monitors;
  readonly resources: Resources;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  readonly now: () => number;
  readonly executed: (execution: Execution) => void;
}

/** What a careful server does with a key: lock on first touch, run once, keep the answer, replay it. */
export class IdempotentServer {
  readonly #parts: ServerParts;
  /** Cuts off the requests that are being answered. */
  readonly #open = new Set<() => void>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  async answer(visit: Visit): Promise<Served> {
    const served = await this.#untilCrash(this.#answer(visit));
    if (visit.arrival.method !== 'HEAD' || served.answer === undefined) return served;
    return { ...served, answer: withoutBody(served.answer) };
  }

  /** Loses what a dying process loses. */
  crash(): void {
    this.#parts.ledger.loseLocks();
    this.#parts.monitors.clear();
    for (const cut of this.#open) cut();
  }

  async #answer(visit: Visit): Promise<Served> {
    const { dialect, resources } = this.#parts;
    const { arrival, entry, tell } = visit;
    const { terms, reading, found } = arrival;
    if (found === undefined) {
      const made = resources.read(arrival);
      if (made !== undefined) return { answer: made, outcome: 'looked-up' };
      return refuse(tell, 'not-found', problemAnswer(404, 'Not Found', 'The mock has no such route.'));
    }
    if (entry !== undefined) return this.#protected({ ...visit, entry, found });
    if (terms.honours !== 'ignored' && reading.kind === 'malformed') {
      return refuse(tell, 'malformed-key', dialect.malformedKey(reading.why));
    }
    if (terms.honours === 'required') return refuse(tell, 'missing-key', dialect.missingKey());
    return { ...(await this.#execute(visit, found, undefined)), outcome: 'unprotected' };
  }

  /** A caller of a dead server is not kept waiting for a handler that still runs. */
  #untilCrash(work: Promise<Served>): Promise<Served> {
    return new Promise((resolve, reject) => {
      const cut = (): void => resolve({ outcome: 'lost' });
      this.#open.add(cut);
      work.then(resolve, reject).finally(() => this.#open.delete(cut));
    });
  }

  async #protected(visit: KeyedVisit): Promise<Served> {
    const { dialect, ledger, inProgress } = this.#parts;
    const { arrival, entry, tell } = visit;
    const { key } = entry;
    for (;;) {
      const held = ledger.held(entry);
      if (held === undefined) {
        if (ledger.expired(entry)) tell('expired');
        if (dialect.expired && this.#tooOld(arrival, entry)) return refuse(tell, 'expired', dialect.expired(key));
        // Nothing is awaited between the look and the lock: of fifty duplicates at once one gets here.
        return this.#first(visit);
      }
      if (dialect.seesMismatch && !sameRequest((held.lock ?? held.stored).fingerprint, arrival.fingerprint)) {
        return refuse(tell, 'mismatch', dialect.mismatch(key));
      }
      if (held.stored !== undefined) {
        tell('replayed', { status: held.stored.answer.status });
        return { answer: dialect.replay(held.stored.answer, key), outcome: 'replayed' };
      }
      if (inProgress === 'conflict') return refuse(tell, 'in-progress', dialect.inProgress(key));
      tell('waiting', { why: inProgress === 'wait' ? 'held' : 'monitor' });
      if (inProgress === 'accepted') return this.#accept(visit, held.lock);
      await held.lock.ended;
      if (held.lock.lost) return LOST;
    }
  }

  #accept({ arrival, entry }: KeyedVisit, lock: Lock): Served {
    const { dialect, monitors } = this.#parts;
    return { answer: dialect.honoured(monitors.accepted(lock, arrival), entry.key), outcome: 'accepted' };
  }

  /** The key's time is over: by what is stored, or by what the client itself says. */
  #tooOld({ terms, reading }: Arrival, entry: Entry): boolean {
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const spent = firstSent !== undefined && this.#parts.now() >= firstSent + terms.lifetime;
    return spent || this.#parts.ledger.expired(entry);
  }

  async #first(visit: KeyedVisit): Promise<Served> {
    const { dialect, ledger } = this.#parts;
    const { arrival, entry, found, tell } = visit;
    const { fingerprint, terms, reading } = arrival;
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const lock = ledger.lock(entry, { fingerprint, memory: terms, firstSent, tell });
    tell('locked');
    if (visit.diesAt === 'before-effect') await visit.crash();
    if (lock.lost) return LOST;
    entry.effects += 1;
    const ended = await this.#execute(visit, found, entry.key);
    if (visit.diesAt === 'before-store') await visit.crash();
    const kept = dialect.keeps(ended.answer);
    if (!ledger.finish(entry, lock, ended.answer, kept)) return LOST;
    const { status } = ended.answer;
    if (kept) tell('stored', { status });
    else tell('released', { status, why: 'not-kept' });
    if (visit.diesAt === 'after-store') await visit.crash();
    // What is not kept is no answer of the key's.
    return { ...ended, ...(kept && { answer: dialect.honoured(ended.answer, entry.key) }), outcome: 'executed' };
  }

  async #execute(
    { arrival, tell }: Visit,
    { route, handler, params }: FoundRoute,
    key: string | undefined,
  ): Promise<{ answer: Answer; error?: string }> {
    const { executed, now, resources } = this.#parts;
    const { tenant, json } = arrival;
    if (!SAFE_METHODS.has(arrival.method)) {
      executed({ route, key, tenant, at: now(), body: json });
      tell('effect');
    }
    try {
      const answer = await captureAnswer(await handler({ request: arrival.copy(), json, params, key }));
      if (key !== undefined) resources.add(arrival, key, answer);
      return { answer };
    } catch (error) {
      const answer = problemAnswer(500, 'Internal Server Error', 'The handler of this route failed.');
      return { answer, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** A visit with a key, to a route there is. */
type KeyedVisit = Visit & { readonly entry: Entry; readonly found: FoundRoute };

function refuse(tell: Tell, outcome: Exclude<LogOutcome, 'lost'>, answer: Answer): Served {
  tell('refused', { why: outcome, status: answer.status });
  return { answer, outcome };
}
