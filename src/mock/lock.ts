import type { Answer } from './answer.ts';
import type { Memory } from './dialect.ts';
import type { Tell } from './events.ts';
import type { Fingerprint } from './fingerprint.ts';

/** A running execution's hold on its key. */
export interface Lock {
  readonly fingerprint: Fingerprint;
  /** Where the key's lifetime counts from the completion: as if it completed now, until it does. */
  expiresAt: number;
  /** Where the key's lifetime counts from the completion: how long it is. */
  readonly lifetimeOnceEnded: number | undefined;
  /** From when on another request may take the key although this one has not ended. Infinity where locks live as long as their process. */
  readonly leaseUntil: number;
  /** Resolves when the execution is over, whichever way. */
  readonly ended: Promise<void>;
  /** The answer, kept under the key or not; undefined while it runs, and for ever where it was lost. */
  result?: Answer;
  /** Its process is gone, or another request has taken the key. Its end is not accepted any more. */
  lost?: 'crash' | 'lease';
  /** The end is being written down: it cannot be lost any more. */
  ending: boolean;
  /** Of the request that took the key. */
  readonly tell: Tell;
  end(): void;
}

/** What takes a key. */
export interface Claim {
  readonly fingerprint: Fingerprint;
  readonly memory: Memory;
  /** When the client says that it first sent this request. */
  readonly firstSent: number | undefined;
  readonly tell: Tell;
}

export function newLock(
  fields: Pick<Lock, 'fingerprint' | 'expiresAt' | 'lifetimeOnceEnded' | 'leaseUntil' | 'tell'>,
): Lock {
  return new RunningLock(fields);
}

class RunningLock implements Lock {
  readonly fingerprint: Fingerprint;
  expiresAt: number;
  readonly lifetimeOnceEnded: number | undefined;
  readonly leaseUntil: number;
  result?: Answer;
  lost?: 'crash' | 'lease';
  ending = false;
  readonly tell: Tell;
  #over = false;
  /** Made for who waits: mostly nobody does. */
  #ended: PromiseWithResolvers<void> | undefined;

  constructor(fields: Pick<Lock, 'fingerprint' | 'expiresAt' | 'lifetimeOnceEnded' | 'leaseUntil' | 'tell'>) {
    this.fingerprint = fields.fingerprint;
    this.expiresAt = fields.expiresAt;
    this.lifetimeOnceEnded = fields.lifetimeOnceEnded;
    this.leaseUntil = fields.leaseUntil;
    this.tell = fields.tell;
  }

  get ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers<void>();
    if (this.#over) this.#ended.resolve();
    return this.#ended.promise;
  }

  end(): void {
    this.#over = true;
    this.#ended?.resolve();
  }
}
