import type { Answer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { EventLog, Tell } from './events.ts';
import { Executions, type Run } from './executions.ts';
import { type Entry, Ledger } from './ledger.ts';
import type { LedgerChange, LedgerStore, RecordedKey, RecordedRun } from './ledger-store.ts';
import { type Claim, type Lock, newLock } from './lock.ts';
import type { Resources } from './resources.ts';
import type { Execution } from './types.ts';

export interface BooksParts {
  readonly now: () => number;
  readonly events: EventLog;
  readonly resources: Resources;
  readonly lease: number | undefined;
  /** Whether an effect and the answer to it are one change. */
  readonly atomic: boolean;
  readonly store: LedgerStore | undefined;
}

/** The end of an execution under a key. */
export interface Ending {
  readonly arrival: Arrival;
  readonly entry: Entry;
  readonly lock: Lock;
  readonly run: Run;
  readonly answer: Answer;
  readonly keep: boolean;
}

/** What the server remembers: keys, effects and what was made, in memory and, where it has one, in its store. What returns a promise is durable when
 *  that resolves; without a store nothing is awaited. */
export class Books {
  readonly ledger: Ledger;
  readonly executions: Executions = new Executions();
  readonly #parts: BooksParts;
  readonly #writes = new Set<Promise<void>>();

  /** @throws Error where the store cannot be read */
  constructor(parts: BooksParts) {
    const { now, lease, events, store } = parts;
    this.#parts = parts;
    this.ledger = new Ledger({ now, lease, tell: (kind, { key, tenant }) => events.tell(kind, { key, tenant }) });
    for (const change of store?.load() ?? []) this.#restore(change);
  }

  lock(entry: Entry, claim: Claim): Lock {
    return this.ledger.lock(entry, claim);
  }

  /** A lock that is to outlive its process has to be written down before anything happens under it. */
  secured(entry: Entry, { fingerprint, expiresAt, leaseUntil }: Lock): Promise<void> | undefined {
    if (this.#parts.lease === undefined) return undefined;
    return this.#write({ kind: 'locked', ...recordedKey(entry), fingerprint, expiresAt, leaseUntil });
  }

  /** A handler is about to run. */
  begin(execution: Execution, entry: Entry | undefined): Run {
    const run = this.executions.begin(execution, entry);
    run.kept = !this.#parts.atomic;
    return run;
  }

  /** A careless server's effect is there before its answer is. */
  begun(run: Run): Promise<void> | undefined {
    return run.kept ? this.#write({ kind: 'effect', run: recorded(run) }) : undefined;
  }

  /** The end of an execution without a key. */
  ended(run: Run): Promise<void> | undefined {
    if (run.kept || run.undone) return undefined;
    run.kept = true;
    return this.#write({ kind: 'effect', run: recorded(run) });
  }

  /** The end of an execution under a key. False where the lock was lost meanwhile: then nothing has happened, unless the effect was there before. */
  end(ending: Ending): boolean | Promise<boolean> {
    const { entry, lock, run } = ending;
    if (!this.ledger.ending(entry, lock)) {
      this.executions.undo(run);
      return false;
    }
    const together = !run.kept;
    run.kept = true;
    if (this.#parts.store !== undefined) return this.#endInStore(ending, together);
    this.#finish(ending);
    return true;
  }

  async #endInStore(ending: Ending, together: boolean): Promise<boolean> {
    try {
      await this.#write(endedChange(ending, this.#parts.now(), together));
    } catch (error) {
      ending.run.kept = !together;
      this.executions.undo(ending.run);
      throw error;
    }
    this.#finish(ending);
    return true;
  }

  #finish({ arrival, entry, lock, answer, keep }: Ending): void {
    this.ledger.finish(entry, lock, answer, keep);
    this.#parts.resources.add(arrival, entry.key, answer);
  }

  /** Loses what a dying process loses. What it returns resolves once everything that had been written by then is in the books. */
  async crash(): Promise<void> {
    this.ledger.loseLocks();
    this.executions.undoUnkept();
    await Promise.allSettled(this.#writes);
  }

  /** Everything, in the store too. */
  forget(): void {
    this.#parts.store?.clear();
  }

  #write(change: LedgerChange): Promise<void> | undefined {
    const written = this.#parts.store?.append(change);
    if (written === undefined) return undefined;
    this.#writes.add(written);
    const done = (): void => void this.#writes.delete(written);
    written.then(done, done);
    return written;
  }

  #restore(change: LedgerChange): void {
    const { ledger, executions } = this;
    if (change.kind === 'effect') {
      const { key, tenant } = change.run.execution;
      executions.restore(change.run, key === undefined ? undefined : ledger.entryOf(tenant, key));
      return;
    }
    const entry = ledger.restore(change);
    const { key, tenant } = entry;
    if (change.kind === 'locked') {
      const tell: Tell = (kind, details) => this.#parts.events.tell(kind, { key, tenant }, details);
      entry.lock = newLock({ ...change, lifetimeOnceEnded: undefined, tell });
      // Whoever held it is gone; without a lease it would have gone with them.
      entry.lock.lost = 'crash';
      return;
    }
    const { run, stored, answer, at, method, url } = change;
    if (run !== undefined) executions.restore(run, entry);
    if (stored !== undefined) entry.stored = { ...stored, answer };
    entry.freeSince = at;
    this.#parts.resources.add({ method, url: new URL(url), tenant }, key, answer);
  }
}

function endedChange({ arrival, entry, lock, run, answer, keep }: Ending, at: number, together: boolean): LedgerChange {
  return {
    kind: 'ended',
    ...recordedKey(entry),
    at,
    method: arrival.method,
    url: arrival.url.href,
    answer,
    ...(together && { run: recorded(run) }),
    ...(keep && { stored: { fingerprint: lock.fingerprint, expiresAt: lock.expiresAt } }),
  };
}

function recordedKey({ key, tenant, hits, firstSeenAt }: Entry): RecordedKey {
  return { key, tenant, hits, firstSeenAt };
}

function recorded({ number, execution }: Run): RecordedRun {
  return { number, execution };
}
