import { v4 } from 'uuid';
import { type Answer, captureAnswer, jsonAnswer, problemAnswer, withHeaders, withoutBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Dialect } from './dialect.ts';
import { sameRequest } from './fingerprint.ts';
import type { Entry, Ledger, Lock } from './ledger.ts';
import { type FindRoute, type FoundRoute, SAFE_METHODS } from './routes.ts';
import type { Execution, LogOutcome } from './types.ts';

/** An answer and how it came about. `lost`: the process that ran it died, there is nobody left to answer. */
export type Served =
  | { readonly answer: Answer; readonly outcome: Exclude<LogOutcome, 'lost'>; readonly error?: string }
  | { readonly answer?: never; readonly outcome: 'lost'; readonly error?: string };

export interface ServerParts {
  readonly dialect: Dialect;
  readonly ledger: Ledger;
  readonly findRoute: FindRoute;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  readonly now: () => number;
  readonly executed: (execution: Execution) => void;
}

/** What a careful server does with a key: lock on first touch, run once, keep the answer, replay it. */
export class IdempotentServer {
  readonly #parts: ServerParts;
  readonly #monitors = new Map<string, { readonly tenant: string; readonly lock: Lock }>();
  readonly #monitorIds = new WeakMap<Lock, string>();
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

  /** The state of an operation that was accepted: 202 while it runs, then its answer. */
  monitor(id: string, tenant: string, url: string): Answer {
    const monitor = this.#monitors.get(id);
    if (
      monitor === undefined ||
      monitor.tenant !== tenant ||
      monitor.lock.lost ||
      this.#parts.now() >= monitor.lock.expiresAt
    ) {
      this.#monitors.delete(id);
      return problemAnswer(404, 'Not Found', 'There is no such operation, or it is forgotten.');
    }
    const { result } = monitor.lock;
    if (result === undefined) return accepted(url);
    return result.status < 300 ? { ...result, status: 200 } : result;
  }

  /** Loses what a dying process loses. */
  crash(): void {
    this.#parts.ledger.loseLocks();
    this.#monitors.clear();
    for (const cut of this.#open) cut();
  }

  async #answer(arrival: Arrival, entry: Entry | undefined): Promise<Served> {
    const { dialect, findRoute } = this.#parts;
    const found = findRoute(arrival.method, arrival.path);
    if (found === undefined) {
      return { answer: problemAnswer(404, 'Not Found', 'The mock has no such route.'), outcome: 'not-found' };
    }
    if (entry !== undefined) return this.#protected(arrival, entry, found);
    if (arrival.honours !== 'ignored' && arrival.reading.kind === 'malformed') {
      return { answer: dialect.malformedKey(arrival.reading.why), outcome: 'malformed-key' };
    }
    if (arrival.honours === 'required') return { answer: dialect.missingKey(), outcome: 'missing-key' };
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
    const { dialect, ledger, inProgress } = this.#parts;
    for (;;) {
      const held = ledger.held(entry);
      // Nothing is awaited between the look and the lock: of fifty duplicates at once one gets here.
      if (held === undefined) return this.#first(arrival, entry, found);
      if (!sameRequest((held.lock ?? held.stored).fingerprint, arrival.fingerprint)) {
        return { answer: dialect.mismatch(entry.key), outcome: 'mismatch' };
      }
      if (held.stored !== undefined) return { answer: dialect.replay(held.stored.answer), outcome: 'replayed' };
      if (inProgress === 'conflict') return { answer: dialect.inProgress(entry.key), outcome: 'in-progress' };
      if (inProgress === 'accepted') {
        return { answer: accepted(this.#monitorUrl(held.lock, arrival)), outcome: 'accepted' };
      }
      await held.lock.ended;
      if (held.lock.lost) return { outcome: 'lost' };
    }
  }

  async #first(arrival: Arrival, entry: Entry, found: FoundRoute): Promise<Served> {
    const { dialect, ledger } = this.#parts;
    const lock = ledger.lock(entry, arrival.fingerprint);
    entry.effects += 1;
    const ended = await this.#execute(arrival, found, entry.key);
    const ours = ledger.finish(entry, lock, ended.answer, dialect.keeps(ended.answer.status));
    return ours ? { ...ended, outcome: 'executed' } : { outcome: 'lost' };
  }

  async #execute(
    arrival: Arrival,
    { route, handler, params }: FoundRoute,
    key: string | undefined,
  ): Promise<{ answer: Answer; error?: string }> {
    const { executed, now } = this.#parts;
    const { tenant, json } = arrival;
    if (!SAFE_METHODS.has(arrival.method)) executed({ route, key, tenant, at: now(), body: json });
    try {
      return { answer: await captureAnswer(await handler({ request: arrival.copy(), json, params, key })) };
    } catch (error) {
      const answer = problemAnswer(500, 'Internal Server Error', 'The handler of this route failed.');
      return { answer, error: error instanceof Error ? error.message : String(error) };
    }
  }

  #monitorUrl(lock: Lock, arrival: Arrival): string {
    let id = this.#monitorIds.get(lock);
    if (id === undefined) {
      id = v4();
      this.#monitorIds.set(lock, id);
      this.#monitors.set(id, { tenant: arrival.tenant, lock });
    }
    return `${arrival.controlUrl}/operations/${id}`;
  }
}

function accepted(monitor: string): Answer {
  return withHeaders(jsonAnswer(202, { status: 'running' }), { location: monitor, 'retry-after': '1' });
}
