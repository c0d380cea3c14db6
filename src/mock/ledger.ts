import type { Answer } from './answer.ts';
import type { Memory } from './dialect.ts';
import type { Tell } from './events.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { LedgerEntry } from './types.ts';

/** A running execution's hold on its key. */
export interface Lock {
  readonly fingerprint: Fingerprint;
  readonly memory: Memory;
  /** Where the key's lifetime counts from the completion: as if it completed now, until it does. */
  expiresAt: number;
  /** Resolves when the execution is over, whichever way. */
  readonly ended: Promise<void>;
  /** The answer, kept under the key or not; undefined while it runs, and for ever where it was lost. */
  result?: Answer;
  /** The process that ran it is gone. */
  lost: boolean;
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

interface Stored {
  readonly fingerprint: Fingerprint;
  readonly expiresAt: number;
  readonly answer: Answer;
}

/** One key of one tenant, and what is held under it. */
export interface Entry {
  readonly key: string;
  readonly tenant: string;
  readonly firstSeenAt: number;
  lastSeenAt: number;
  hits: number;
  effects: number;
  lock?: Lock | undefined;
  stored?: Stored | undefined;
  /** When it last became free. */
  freeSince: number;
}

/** Keys, locks and stored answers. Every step is synchronous: nothing can come between looking a key up and locking it. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts a request that carried the key. */
  hit(tenant: string, key: string): Entry {
    // A key has no line break, so no two pairs share a name.
    const name = `${key}\n${tenant}`;
    const now = this.#now();
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = { key, tenant, firstSeenAt: now, lastSeenAt: now, hits: 0, effects: 0, freeSince: now };
      this.#entries.set(name, entry);
    }
    entry.hits += 1;
    entry.lastSeenAt = now;
    return entry;
  }

  /** What a repeat meets: the running execution or the stored answer; undefined where the key is free or expired. */
  held(entry: Entry): { lock: Lock; stored?: never } | { stored: Stored; lock?: never } | undefined {
    if (entry.lock !== undefined) return { lock: entry.lock };
    if (entry.stored !== undefined && this.#now() < entry.stored.expiresAt) return { stored: entry.stored };
    return undefined;
  }

  /** An answer was stored, and its time is over. */
  expired({ lock, stored }: Entry): boolean {
    return lock === undefined && stored !== undefined && this.#now() >= stored.expiresAt;
  }

  /** Takes a free key. Its lifetime counts from the arrival of the request that takes it: one reading of the clock for both. */
  lock(entry: Entry, { fingerprint, memory, firstSent, tell }: Claim): Lock {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    entry.stored = undefined;
    const since = memory.from === 'first-sent' ? (firstSent ?? entry.lastSeenAt) : entry.lastSeenAt;
    entry.lock = { fingerprint, memory, expiresAt: since + memory.lifetime, ended, end, tell, lost: false };
    return entry.lock;
  }

  /** Ends an execution: its answer is kept, or the key becomes free. False where the lock was lost meanwhile: then nothing happens. */
  finish(entry: Entry, lock: Lock, answer: Answer, keep: boolean): boolean {
    if (entry.lock !== lock) return false;
    lock.result = answer;
    if (lock.memory.from === 'completion') lock.expiresAt = this.#now() + lock.memory.lifetime;
    entry.lock = undefined;
    if (keep) entry.stored = { fingerprint: lock.fingerprint, expiresAt: lock.expiresAt, answer };
    else entry.freeSince = this.#now();
    lock.end();
    return true;
  }

  /** Loses every lock, as a dying process does. */
  loseLocks(): void {
    for (const entry of this.#entries.values()) {
      if (entry.lock === undefined) continue;
      entry.lock.lost = true;
      entry.lock.end();
      entry.lock.tell('released', { why: 'crash' });
      entry.lock = undefined;
      entry.freeSince = this.#now();
    }
  }

  list(): LedgerEntry[] {
    return [...this.#entries.values()].map((entry) => {
      const { key, tenant, hits, effects, firstSeenAt } = entry;
      return { key, tenant, ...this.#state(entry), hits, effects, firstSeenAt };
    });
  }

  #state(entry: Entry): Pick<LedgerEntry, 'state' | 'expiresAt' | 'status'> {
    const { lock, stored } = entry;
    if (lock !== undefined) return { state: 'processing', expiresAt: lock.expiresAt };
    if (stored === undefined) return { state: 'free', expiresAt: entry.freeSince };
    const state = this.#now() < stored.expiresAt ? 'stored' : 'expired';
    return { state, expiresAt: stored.expiresAt, status: stored.answer.status };
  }
}
