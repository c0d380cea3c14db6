import { reconsider } from './carry-out.ts';
import { drive } from './drive.ts';
import { JournalError } from './errors/journal-error.ts';
import type { OncewardError } from './errors/onceward-error.ts';
import { OperationConflictError } from './errors/operation-conflict-error.ts';
import { follow, readsApart } from './follow.ts';
import { isSameRequest } from './new-record.ts';
import { effectOfRecord } from './operation.ts';
import type { Slot } from './origin-traffic.ts';
import { isFinished, type OperationRecord } from './record.ts';
import type { Rest } from './rest.ts';
import { asJournalError, isOperation, type Settled, token } from './save.ts';
import type { Settings } from './settings.ts';
import type { Source, Waiting } from './types.ts';
import { type Driving, Work } from './work.ts';

/** How one operation ended for this process. */
export type Ending = Settled | { readonly kind: 'closed' } | { readonly kind: 'failed'; readonly error: OncewardError };

const POLL_WITH_CALLERS = 250;
const POLL_ALONE = 1_000;
/** Timers are cut into slices: one beyond 2^31 ms fires at once, and laptops sleep. */
const SLICE = 60_000;

/** One operation in this process: drives it while we are its driver, follows whoever else drives it, takes over when that one is gone. */
export class OperationDriver {
  ending: Ending | undefined;
  /** It ended, and only this process knows how: whoever asks is told by us, and nothing is sent again. */
  unstored = false;
  /** Waiting for a time or a condition outside the foreground loop. */
  parked: { readonly why?: string } | undefined;
  /** Calls of this process that stand for this operation. */
  tickets = 0;
  #record: OperationRecord;
  #driving: Driving;
  readonly #listeners = new Set<() => void>();
  #work: Work | undefined;
  /** `asking`: somebody else's mark is on it, and whether that one lives is not known yet. */
  #following: 'no' | 'asking' | 'yes' = 'no';
  /** The last driver that was seen to live. */
  #living: string | undefined;
  #drove = false;
  /** When it was last read. */
  #read = Number.NEGATIVE_INFINITY;
  /** Woken before there was anything to wake. */
  #hurried = false;
  #interrupt = new AbortController();

  constructor(
    record: OperationRecord,
    driving: Omit<Driving, 'pause'>,
    { fresh, slot }: { readonly fresh: boolean; readonly slot?: Slot | undefined },
  ) {
    this.#record = record;
    this.#driving = { ...driving, pause: (ms) => this.#pause(ms) };
    if (fresh) this.#work = new Work(record, { fresh, slot });
  }

  /** Resolves when the operation has ended for this process, and its end is stored or will not be. Never rejects. */
  async run(): Promise<void> {
    try {
      while (this.ending === undefined) this.ending = await this.#step();
    } catch (error) {
      // A bug of ours, or a journal that throws what it may not: the operation is in the journal, and callers must not hang.
      this.ending = { kind: 'failed', error: this.#failure(error) };
    }
    this.#work?.leave();
    if (this.ending?.kind === 'closed') await this.#release();
    if (this.ending?.kind === 'failed') void this.#releaseLater();
    const { stored } = this.ending?.kind === 'settled' ? this.ending : {};
    this.unstored = stored !== undefined;
    this.#changed();
    await stored;
    this.unstored = false;
  }

  /** The record as we last wrote or read it. */
  get record(): OperationRecord {
    return this.#work?.record ?? this.#record;
  }
  get waiting(): Waiting {
    if (this.#following === 'no') return this.#work?.waiting ?? 'queued';
    // What the other one waits for, where it does: a caller is told the same by whichever client.
    const { dueAt, waiting } = this.record.state;
    const rests = dueAt === undefined || dueAt > this.#driving.settings.clock.now();
    return waiting !== undefined && rests ? waiting : 'other-driver';
  }
  /** Where the answer came from; undefined where another driver brought it and we read it in the journal. */
  get source(): Source | undefined {
    return this.#drove ? this.record.state.source : undefined;
  }
  get attempts(): number {
    return this.#work?.attempts ?? this.record.state.attempts;
  }
  /** Being sent or about to be: parked operations do not count, nor those whose driver is known to live. */
  get busy(): boolean {
    return this.ending === undefined && this.parked === undefined && this.#following !== 'yes';
  }

  /** Waits, here or with another driver, for a condition or for a time after `end`: nothing worth waiting for will happen before. */
  restsUntilAfter(end: number): boolean {
    const { dueAt, waiting } = this.record.state;
    const resting = this.parked !== undefined || (this.#following === 'yes' && waiting !== undefined);
    return resting && (dueAt === undefined || dueAt > end);
  }

  /** Calls `listener` at every change until the returned function is called. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Cancels if nothing can have been sent yet and nobody else waits for it; says whether it will. */
  cancel(): boolean {
    if (this.#work === undefined || this.#work.possible || this.tickets > 1) return false;
    this.#work.cancel();
    this.#interrupt.abort();
    return true;
  }

  /** "Try now": ends a backoff or a park, never a Retry-After. */
  wake(): void {
    if (this.#work) this.#work.hurried = true;
    else this.#hurried = true;
    this.#interrupt.abort();
  }

  /** Somebody asks again, perhaps with other credentials: what waits for a condition, and not for a time, is worth another look. */
  askedAgain(settings: Settings): void {
    const { dueAt, waiting } = this.record.state;
    const atWork = this.#work !== undefined && this.parked === undefined;
    if (atWork || (dueAt !== undefined && waiting !== 'credentials')) return;
    this.#driving = { ...this.#driving, settings };
    this.wake();
  }

  /** A hint that the record may have changed elsewhere: worth a look where we follow, or where our mark on it is no longer ours. */
  noticed(): void {
    const { driver } = this.record.state;
    const { settings, journal } = this.#driving;
    if (this.#following === 'yes' && settings.clock.monotonic() - this.#read < readsApart(journal)) return;
    if (this.#following !== 'no') this.#interrupt.abort();
    else if (driver !== undefined && !this.#driving.presence.holds(driver)) this.outdated();
  }

  /** Somebody in this process changed the record: the gate refuses from now on, and it is read again. */
  outdated(): void {
    this.#work?.outdate();
    this.#interrupt.abort();
  }

  /** Looks again, without hurrying anything: the client is closing. */
  interrupt(): void {
    this.#interrupt.abort();
  }

  async #step(): Promise<Ending | undefined> {
    if (this.#driving.closing.aborted) return { kind: 'closed' };
    if (this.record.state.state === 'in-doubt' && this.#driving.settings.reconcile) return this.#reconsider();
    if (isFinished(this.record.state) || this.record.state.state === 'in-doubt') {
      return { kind: 'settled', record: this.record, persisted: true };
    }
    if (!this.#driving.presence.holds(this.record.state.driver)) return this.#follow();
    if (this.#work === undefined) {
      this.#work = new Work(this.record, { fresh: false });
      this.#work.hurried = this.#hurried;
      this.#hurried = false;
    }
    const rest = await drive(this.#work, this.#driving);
    this.#record = this.#work.record;
    return this.#rested(rest);
  }

  /** In doubt when we came to it: the application may know by now. */
  async #reconsider(): Promise<Ending | undefined> {
    const rest = await reconsider(new Work(this.record, { fresh: false }), this.#driving);
    return rest.kind === 'lost' ? this.#reread() : this.#rested(rest);
  }

  async #rested(rest: Rest): Promise<Ending | undefined> {
    if (rest.kind === 'lost') return this.#reread();
    if (rest.kind === 'settled') {
      this.#drove = true;
      this.#record = rest.record;
      if (this.#work) this.#work.record = rest.record;
    }
    // The stored record may still be marked as dispatched: whoever finds it would send it.
    if (rest.kind === 'failed') return { kind: 'failed', error: this.#failure(rest.error) };
    if (rest.kind !== 'parked') return rest;
    this.parked = rest;
    this.#changed();
    const { dueAt } = this.record.state;
    await this.#pause(dueAt === undefined ? Number.POSITIVE_INFINITY : dueAt - this.#driving.settings.clock.now());
    this.parked = undefined;
    return this.#work?.current === false ? this.#reread() : undefined;
  }

  /** Somebody else drives: wait until that one has finished, or is gone. */
  async #follow(): Promise<Ending | undefined> {
    const { driver } = this.record.state;
    this.#work?.leave();
    this.#work = undefined;
    if (driver === undefined) return this.#takeOver();
    this.#following = this.#living === driver.nonce ? 'yes' : 'asking';
    this.#changed();
    const { journal } = this.#driving;
    const { revision } = this.record;
    let failed: Ending | undefined;
    try {
      const end = await follow(driver, this.#driving, {
        pause: () => this.#pause(Math.max(readsApart(journal), this.tickets > 0 ? POLL_WITH_CALLERS : POLL_ALONE)),
        interrupt: () => this.#interrupt.abort(),
        lives: () => this.#lives(driver.nonce),
        changed: async () => {
          failed = await this.#reread();
          return failed !== undefined || this.record.revision !== revision;
        },
      });
      if (end === 'gone') return await this.#takeOver();
      return end === 'closed' ? { kind: 'closed' } : failed;
    } finally {
      this.#following = 'no';
    }
  }

  #lives(nonce: string): void {
    if (this.#following !== 'asking') return;
    this.#living = nonce;
    this.#following = 'yes';
    this.#changed();
  }

  async #takeOver(): Promise<Ending | undefined> {
    const { journal, presence } = this.#driving;
    try {
      const driver = await presence.enter();
      const { record } = this;
      const change = { revision: record.revision, write: token(this.#driving), state: { ...record.state, driver } };
      const result = await journal.update(record.identity, change);
      return this.#adopt(result.record);
    } catch (error) {
      if (await this.#givesUp(POLL_ALONE)) return { kind: 'failed', error: this.#failure(error) };
      return this.#reread();
    }
  }

  /** The same for an operation that failed here while the process lives on: whoever can drive it should, as soon as the journal works again. */
  async #releaseLater(): Promise<void> {
    const { record } = this;
    const { journal, settings, stop } = this.#driving;
    if (isFinished(record.state) || !this.#driving.presence.holds(record.state.driver)) return;
    const { driver: _, ...state } = record.state;
    const change = { revision: record.revision, write: token(this.#driving), state };
    for (let wait = POLL_ALONE; !stop.aborted; wait = Math.min(2 * wait, SLICE)) {
      try {
        await journal.update(record.identity, change);
        return;
      } catch {
        await settings.clock.sleep(wait, stop).catch(() => undefined);
      }
    }
  }

  /** A closed client in a living process looks alive to other processes: the record must not go on naming it. Where this cannot be written,
   *  they wait until the process ends. */
  async #release(): Promise<void> {
    const { record } = this;
    if (!this.#driving.presence.holds(record.state.driver)) return;
    const { driver: _, ...state } = record.state;
    const change = {
      revision: record.revision,
      write: token(this.#driving),
      state: { ...state, attempts: this.attempts },
    };
    await this.#driving.journal.update(record.identity, change, { relaxed: true }).catch(() => undefined);
  }

  async #reread(): Promise<Ending | undefined> {
    this.#work = undefined;
    this.#read = this.#driving.settings.clock.monotonic();
    for (let wait = POLL_ALONE; ; wait = Math.min(2 * wait, SLICE)) {
      try {
        return this.#adopt(await this.#driving.journal.get(this.record.identity));
      } catch (error) {
        if (await this.#givesUp(wait)) return { kind: 'failed', error: this.#failure(error) };
      }
    }
  }

  /** The journal failed. A caller is told so; where nobody waits for this operation we look again later, for else nobody would drive it when
   *  the journal works again. */
  async #givesUp(wait: number): Promise<boolean> {
    // The pool listens too.
    if (this.#listeners.size > 1 || this.#driving.closing.aborted) return true;
    const following = this.#following;
    this.#following = 'yes';
    this.#changed();
    await this.#pause(wait);
    this.#following = following;
    return this.#driving.closing.aborted;
  }

  #adopt(record: Awaited<ReturnType<Driving['journal']['get']>>): Ending | undefined {
    const { id, key, request } = this.record.fixed;
    if (record !== undefined && isOperation(record)) {
      if (record.fixed.key === key || isSameRequest(record, { request, fingerprint: undefined })) {
        this.#record = record;
        return undefined;
      }
      // Its answer is none to the request that our callers wait for.
      const details = { what: 'name', since: record.fixed.createdAt, effect: effectOfRecord(this.record) } as const;
      return { kind: 'failed', error: new OperationConflictError(id, details) };
    }
    return {
      kind: 'failed',
      error: new JournalError('lost', `${id} is no longer in the journal: somebody removed it while it was pending.`, {
        operationId: id,
        effect: effectOfRecord(this.record),
      }),
    };
  }

  #failure(error: unknown): JournalError {
    const known = asJournalError(error, this.record.fixed.id);
    const effect = effectOfRecord(this.record);
    return effect === 'none'
      ? known
      : new JournalError(known.reason, known.message, {
          operationId: this.record.fixed.id,
          effect,
          cause: known.cause,
        });
  }

  /** Sleeps until `ms` have passed on either clock, or somebody interrupts. Never rejects. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#driving.settings;
    const wall = clock.now();
    const monotonic = clock.monotonic();
    const interrupt = this.#interrupt;
    while (!interrupt.signal.aborted && !this.#driving.closing.aborted) {
      const left = ms - Math.max(clock.now() - wall, clock.monotonic() - monotonic);
      if (left <= 0) break;
      await clock.sleep(Math.min(left, SLICE), interrupt.signal).catch(() => undefined);
    }
    if (interrupt.signal.aborted) this.#interrupt = new AbortController();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
