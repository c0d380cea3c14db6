import type { Answer } from './answer.ts';
import type { MockEventKind } from './events.ts';
import type { RecordedKey, StoredAnswer } from './ledger-store.ts';
import { type Claim, type Lock, newLock } from './lock.ts';
import type { LedgerEntry } from './types.ts';

/** One key of one tenant, and what is held under it. */
export interface Entry {
  readonly key: string;
  readonly tenant: string;
  firstSeenAt: number;
  lastSeenAt: number;
  hits: number;
  effects: number;
  lock?: Lock | undefined;
  stored?: StoredAnswer | undefined;
  /** Of an answer that was stored until its time was over. */
  forgotten?: { readonly expiresAt: number; readonly status: number } | undefined;
  /** When it last became free. */
  freeSince: number;
  /** Whether it is not in the ledger any more. */
  swept: boolean;
}

export interface LedgerParts {
  readonly now: () => number;
  /** How long a lock lives, in milliseconds; undefined where it lives as long as its process. */
  readonly lease: number | undefined;
  /** Says what happens to a key without a request of its own. */
  readonly tell: (kind: MockEventKind, entry: Entry) => void;
}

/** Entries looked at with every request: each comes round often enough, and no request pays for a hundred thousand. */
const SWEPT = 4;

/** Keys that hold nothing, and are still listed. */
const IDLE_KEPT = 10_000;

/** Keys, locks and stored answers. Every step is synchronous: nothing can come between looking a key up and locking it. */
export class Ledger {
  readonly #parts: LedgerParts;
  readonly #entries = new Map<string, Entry>();
  #round: Iterator<Entry, undefined, undefined> | undefined;
  /** Keys that hold nothing, as counted in the round before. */
  #idle = 0;
  #idleInRound = 0;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** Counts a request that carried the key. */
  hit(tenant: string, key: string): Entry {
    const now = this.#parts.now();
    this.#sweep(now);
    const entry = this.entryOf(tenant, key, now);
    entry.hits += 1;
    entry.lastSeenAt = now;
    return entry;
  }

  /** The entry as it stands: one that is held by a request may have been swept away meanwhile. */
  attached(entry: Entry): Entry {
    if (!entry.swept) return entry;
    const name = nameOf(entry.tenant, entry.key);
    const found = this.#entries.get(name);
    if (found !== undefined) return found;
    entry.swept = false;
    this.#entries.set(name, entry);
    return entry;
  }

  /** What a repeat meets: the running execution or the stored answer; undefined where the key is free or expired. */
  held(entry: Entry): { lock: Lock; stored?: never } | { stored: StoredAnswer; lock?: never } | undefined {
    const { lock } = entry;
    if (lock !== undefined && this.#holds(lock)) return { lock };
    if (lock !== undefined) {
      lock.lost ??= 'lease';
      this.#free(entry, lock);
      lock.tell('released', { why: 'lease' });
    }
    if (entry.stored === undefined) return undefined;
    this.#forgetIfOver(entry);
    return entry.stored && { stored: entry.stored };
  }

  /** An answer was stored, and its time is over. */
  expired(entry: Entry): boolean {
    this.#forgetIfOver(entry);
    return entry.lock === undefined && entry.stored === undefined && entry.forgotten !== undefined;
  }

  /** Takes a free key. Its lifetime counts from the arrival of the request that takes it: one reading of the clock for both. */
  lock(entry: Entry, { fingerprint, memory, firstSent, tell }: Claim): Lock {
    const { now, lease } = this.#parts;
    const since = memory.from === 'first-sent' ? (firstSent ?? entry.lastSeenAt) : entry.lastSeenAt;
    entry.stored = undefined;
    entry.forgotten = undefined;
    entry.lock = newLock({
      fingerprint,
      expiresAt: since + memory.lifetime,
      lifetimeOnceEnded: memory.from === 'completion' ? memory.lifetime : undefined,
      leaseUntil: lease === undefined ? Number.POSITIVE_INFINITY : now() + lease,
      tell,
    });
    return entry.lock;
  }

  /** Whether the end of an execution still counts. From here on its lock cannot be lost. */
  ending(entry: Entry, lock: Lock): boolean {
    if (entry.lock !== lock || lock.lost !== undefined) return false;
    if (lock.lifetimeOnceEnded !== undefined) lock.expiresAt = this.#parts.now() + lock.lifetimeOnceEnded;
    lock.ending = true;
    return true;
  }

  /** Ends an execution: its answer is kept, or the key becomes free. */
  finish(entry: Entry, lock: Lock, answer: Answer, keep: boolean): void {
    lock.result = answer;
    if (keep) entry.stored = { fingerprint: lock.fingerprint, expiresAt: lock.expiresAt, answer };
    this.#free(entry, lock);
  }

  /** The execution came to nothing that could be kept. */
  abandon(entry: Entry, lock: Lock): void {
    if (entry.lock === lock) this.#free(entry, lock);
  }

  /** Loses what a dying process loses: its locks, unless they have a lease. Then nobody will end them, and they hold until it is over. */
  loseLocks(): void {
    for (const entry of this.#entries.values()) {
      const { lock } = entry;
      if (lock === undefined || lock.ending) continue;
      lock.lost ??= 'crash';
      if (this.#parts.lease !== undefined) continue;
      this.#free(entry, lock);
      lock.tell('released', { why: 'crash' });
    }
  }

  /** An entry as it was written down; what was held under it is for the caller to say. */
  restore({ tenant, key, hits, firstSeenAt }: RecordedKey): Entry {
    const entry = this.entryOf(tenant, key);
    return Object.assign(entry, { hits, firstSeenAt, lock: undefined, stored: undefined, forgotten: undefined });
  }

  list(): LedgerEntry[] {
    return [...this.#entries.values()].map((entry) => {
      const { key, tenant, hits, effects, firstSeenAt } = entry;
      return { key, tenant, ...this.#state(entry), hits, effects, firstSeenAt };
    });
  }

  /** Makes it where there is none. */
  entryOf(tenant: string, key: string, now: number = this.#parts.now()): Entry {
    const name = nameOf(tenant, key);
    let entry = this.#entries.get(name);
    if (entry === undefined) {
      entry = newEntry(tenant, key, now);
      this.#entries.set(name, entry);
    }
    return entry;
  }

  #holds({ leaseUntil, ending }: Lock): boolean {
    return ending || this.#parts.now() < leaseUntil;
  }

  #free(entry: Entry, lock: Lock): void {
    entry.lock = undefined;
    entry.freeSince = this.#parts.now();
    lock.end();
  }

  /** Keeps of an answer whose time is over that there was one. */
  #forgetIfOver(entry: Entry, now: number = this.#parts.now()): void {
    const { stored } = entry;
    if (stored === undefined || now < stored.expiresAt) return;
    entry.stored = undefined;
    entry.forgotten = { expiresAt: stored.expiresAt, status: stored.answer.status };
    this.#parts.tell('expired', entry);
  }

  /** Collects a little with every request. */
  #sweep(now: number): void {
    for (let looked = 0; looked < SWEPT; looked += 1) {
      this.#round ??= this.#entries.values();
      const entry = this.#round.next().value;
      if (entry === undefined) {
        this.#round = undefined;
        this.#idle = this.#idleInRound;
        this.#idleInRound = 0;
        return;
      }
      this.#forgetIfOver(entry, now);
      if (entry.lock !== undefined || entry.stored !== undefined) continue;
      if (this.#idle <= IDLE_KEPT) {
        this.#idleInRound += 1;
        continue;
      }
      this.#idle -= 1;
      entry.swept = true;
      this.#entries.delete(nameOf(entry.tenant, entry.key));
    }
  }

  #state({ lock, stored, forgotten, freeSince }: Entry): Pick<LedgerEntry, 'state' | 'expiresAt' | 'status'> {
    if (lock !== undefined && this.#holds(lock)) return { state: 'processing', expiresAt: lock.expiresAt };
    if (lock !== undefined) return { state: 'free', expiresAt: lock.leaseUntil };
    const known = stored === undefined ? forgotten : { expiresAt: stored.expiresAt, status: stored.answer.status };
    if (known === undefined) return { state: 'free', expiresAt: freeSince };
    return { state: this.#parts.now() < known.expiresAt ? 'stored' : 'expired', ...known };
  }
}

/** With every member: one shape for all makes them smaller, and quicker to look at. */
function newEntry(tenant: string, key: string, now: number): Entry {
  return {
    key,
    tenant,
    firstSeenAt: now,
    lastSeenAt: now,
    hits: 0,
    effects: 0,
    lock: undefined,
    stored: undefined,
    forgotten: undefined,
    freeSince: now,
    swept: false,
  };
}

/** A key has no line break, so no two pairs share a name. */
function nameOf(tenant: string, key: string): string {
  return `${key}\n${tenant}`;
}
