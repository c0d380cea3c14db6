import { v4 } from 'uuid';
import type { Accepted } from '../core/profile.ts';
import { type Answer, jsonAnswer, problemAnswer, withHeaders } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Lock } from './lock.ts';
import { readableBody } from './request-body.ts';

/** Seconds. */
const WAIT = { 'retry-after': '1' };

/** Where running operations can be asked for. An API whose 202 names a monitor gives it in Operation-Location, and the monitor tells a status; else it
 *  is Location, where the answer itself appears. */
export class Monitors {
  readonly #tellsStatus: boolean;
  readonly #now: () => number;
  readonly #byId = new Map<string, { readonly tenant: string; readonly lock: Lock }>();
  readonly #ids = new WeakMap<Lock, string>();

  constructor(accepted: Accepted, now: () => number) {
    this.#tellsStatus = accepted === 'monitor';
    this.#now = now;
  }

  /** The 202 to a repeat. */
  accepted(lock: Lock, { tenant, controlUrl }: Arrival): Answer {
    let id = this.#ids.get(lock);
    if (id === undefined) {
      this.#forgetOldest();
      id = v4();
      this.#ids.set(lock, id);
      this.#byId.set(id, { tenant, lock });
    }
    const url = `${controlUrl}/operations/${id}`;
    if (!this.#tellsStatus) return running(url);
    return jsonAnswer(202, { id, status: 'Running' }, { 'operation-location': url, ...WAIT });
  }

  /** The state of an operation that was accepted. */
  answer(id: string, tenant: string, url: string): Answer {
    const monitor = this.#byId.get(id);
    if (monitor !== undefined && this.#isOver(monitor.lock)) this.#byId.delete(id);
    if (monitor?.tenant !== tenant || !this.#byId.has(id)) {
      return problemAnswer(404, 'Not Found', 'There is no such operation, or it is forgotten.');
    }
    const { result } = monitor.lock;
    if (this.#tellsStatus) return status(id, result);
    if (result === undefined) return running(url);
    return result.status < 300 ? { ...result, status: 200 } : result;
  }

  #isOver(lock: Lock): boolean {
    return this.#now() >= lock.expiresAt || isLost(lock, this.#now());
  }

  /** They are forgotten in the order in which they were made, more or less: what blocks the way is forgotten later. */
  #forgetOldest(): void {
    for (const [id, { lock }] of this.#byId) {
      if (!this.#isOver(lock)) return;
      this.#byId.delete(id);
    }
  }

  clear(): void {
    this.#byId.clear();
  }
}

/** Nobody will end it, and nobody else can be told to wait for it. */
function isLost({ lost, result, leaseUntil, ending }: Lock, now: number): boolean {
  return lost === 'lease' || (result === undefined && !ending && now >= leaseUntil);
}

function running(url: string): Answer {
  return withHeaders(jsonAnswer(202, { status: 'running' }), { location: url, ...WAIT });
}

function status(id: string, result: Answer | undefined): Answer {
  if (result === undefined) return jsonAnswer(200, { id, status: 'Running' }, WAIT);
  const json = readableBody(result.body, 'application/json');
  return result.status < 400
    ? jsonAnswer(200, { id, status: 'Succeeded', result: json })
    : jsonAnswer(200, { id, status: 'Failed', error: json });
}
