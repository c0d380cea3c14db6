import { type Answer, captureAnswer, problemAnswer, withoutBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Dialect } from './dialect.ts';
import { sameRequest } from './fingerprint.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Monitors } from './monitors.ts';
import type { Resources } from './resources.ts';
import { type FindRoute, type FoundRoute, SAFE_METHODS } from './routes.ts';
import type { Execution, LogOutcome } from './types.ts';

/** An answer and how it came about. `lost`: the process that ran it died, there is nobody left to answer. */
export type Served =
  | { readonly answer: Answer; readonly outcome: Exclude<LogOutcome, 'lost'>; readonly error?: string }
  | { readonly answer?: never; readonly outcome: 'lost'; readonly error?: string };

export interface ServerParts {
  readonly dialect: Dialect;
  readonly ledger: Ledger;
  readonly monitors: Monitors;
  readonly resources: Resources;
  readonly findRoute: FindRoute;
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

  async answer(arrival: Arrival, entry: Entry | undefined): Promise<Served> {
    const served = await this.#untilCrash(this.#answer(arrival, entry));
    if (arrival.method !== 'HEAD' || served.answer === undefined) return served;
    return { ...served, answer: withoutBody(served.answer) };
  }

  /** Loses what a dying process loses. */
  crash(): void {
    this.#parts.ledger.loseLocks();
    this.#parts.monitors.clear();
    for (const cut of this.#open) cut();
  }

  async #answer(arrival: Arrival, entry: Entry | undefined): Promise<Served> {
    const { dialect, findRoute, resources } = this.#parts;
    const { terms, reading } = arrival;
    const found = findRoute(arrival.method, arrival.path);
    if (found === undefined) {
      const made = resources.read(arrival);
      if (made !== undefined) return { answer: made, outcome: 'looked-up' };
      return { answer: problemAnswer(404, 'Not Found', 'The mock has no such route.'), outcome: 'not-found' };
    }
    if (entry !== undefined) return this.#protected(arrival, entry, found);
    if (terms.honours !== 'ignored' && reading.kind === 'malformed') {
      return { answer: dialect.malformedKey(reading.why), outcome: 'malformed-key' };
    }
    if (terms.honours === 'required') return { answer: dialect.missingKey(), outcome: 'missing-key' };
    return { ...(await this.#execute(arrival, found, undefined)), outcome: 'unprotected' };
  }

  /** A caller of a dead server is not kept waiting for a handler that still runs. */
  #untilCrash(work: Promise<Served>): Promise<Served> {
    return new Promise((resolve, reject) => {
      const cut = (): void => resolve({ outcome: 'lost' });
      this.#open.add(cut);
      work.then(resolve, reject).finally(() => this.#open.delete(cut));
    });
  }

  async #protected(arrival: Arrival, entry: Entry, found: FoundRoute): Promise<Served> {
    const { dialect, ledger, monitors, inProgress } = this.#parts;
    const { key } = entry;
    for (;;) {
      const held = ledger.held(entry);
      if (held === undefined) {
        if (dialect.expired && this.#tooOld(arrival, entry))
          return { answer: dialect.expired(key), outcome: 'expired' };
        // Nothing is awaited between the look and the lock: of fifty duplicates at once one gets here.
        return this.#first(arrival, entry, found);
      }
      if (dialect.seesMismatch && !sameRequest((held.lock ?? held.stored).fingerprint, arrival.fingerprint)) {
        return { answer: dialect.mismatch(key), outcome: 'mismatch' };
      }
      if (held.stored !== undefined) return { answer: dialect.replay(held.stored.answer, key), outcome: 'replayed' };
      if (inProgress === 'conflict') return { answer: dialect.inProgress(key), outcome: 'in-progress' };
      if (inProgress === 'accepted') {
        return { answer: dialect.honoured(monitors.accepted(held.lock, arrival), key), outcome: 'accepted' };
      }
      await held.lock.ended;
      if (held.lock.lost) return { outcome: 'lost' };
    }
  }

  /** The key's time is over: by what is stored, or by what the client itself says. */
  #tooOld({ terms, reading }: Arrival, entry: Entry): boolean {
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const spent = firstSent !== undefined && this.#parts.now() >= firstSent + terms.lifetime;
    return spent || this.#parts.ledger.expired(entry);
  }

  async #first(arrival: Arrival, entry: Entry, found: FoundRoute): Promise<Served> {
    const { dialect, ledger } = this.#parts;
    const { fingerprint, terms, reading } = arrival;
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const lock = ledger.lock(entry, { fingerprint, memory: terms, firstSent });
    entry.effects += 1;
    const ended = await this.#execute(arrival, found, entry.key);
    const kept = dialect.keeps(ended.answer);
    if (!ledger.finish(entry, lock, ended.answer, kept)) return { outcome: 'lost' };
    // What is not kept is no answer of the key's.
    return { ...ended, ...(kept && { answer: dialect.honoured(ended.answer, entry.key) }), outcome: 'executed' };
  }

  async #execute(
    arrival: Arrival,
    { route, handler, params }: FoundRoute,
    key: string | undefined,
  ): Promise<{ answer: Answer; error?: string }> {
    const { executed, now, resources } = this.#parts;
    const { tenant, json } = arrival;
    if (!SAFE_METHODS.has(arrival.method)) executed({ route, key, tenant, at: now(), body: json });
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
