import { requireOwner } from './admit.ts';
import { type Decided, discarded, type Refusal, resolved } from './deciding.ts';
import type { OperationDriver } from './driver.ts';
import { milliseconds } from './duration.ts';
import { OperationConflictError } from './errors/operation-conflict-error.ts';
import { OperationStateError } from './errors/operation-state-error.ts';
import { UsageError } from './errors/usage-error.ts';
import { operationIdentity, ownerPrefix } from './identity.ts';
import type { Journal } from './journal.ts';
import { effectOfRecord, toOperation } from './operation.ts';
import { namePrefix, operationName } from './operation-id.ts';
import { toOutcome } from './outcome.ts';
import { isFinished, type OperationRecord, type StatePart } from './record.ts';
import { asJournalError, isOperation, token, withoutLargeBody } from './save.ts';
import type { Services } from './services.ts';
import type { Filter, Operation, OperationId, OperationStatus, Operations, Outcome, Verdict } from './types.ts';
import { readVerdict } from './verdict.ts';
import type { Waited } from './wait.ts';

/** The journal's side of a client: what is under way, what has ended, and what a person decides about it. */
export class JournalOperations implements Operations {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  async resume(filter: Filter = {}): Promise<readonly Operation[]> {
    const records = await this.#records(filter, { open: true });
    return records.map((record) => {
      if (isFinished(record.state)) return toOperation(record);
      if (record.state.state === 'in-doubt') {
        // The application may know more by now than when it entered doubt.
        if (this.#services.settings.reconcile) this.#drive(record);
        return toOperation(record);
      }
      const known = this.#services.pool.find(record.identity);
      // Without a name nobody can ask for it again, and nobody is waiting: whether it is still wanted is for a person to say.
      if (record.fixed.anonymous && known === undefined) return toOperation(record, { waiting: 'interrupted' });
      const driver = this.#drive(record);
      driver.askedAgain(this.#services.settings);
      return toOperation(driver.record, driver);
    });
  }

  async get(id: OperationId): Promise<Operation | undefined> {
    const record = await this.#read(id);
    return record && this.#shown(record);
  }

  async list(filter: Filter = {}): Promise<readonly Operation[]> {
    return (await this.#records(filter, {})).map((record) => this.#shown(record));
  }

  async outcome<T = unknown>(
    id: OperationId,
    options: { signal?: AbortSignal; waitTimeout?: number | string } = {},
  ): Promise<Outcome<T>> {
    const { settings, life, wait, delivered } = this.#services;
    const waiter = life.begin();
    const timeout =
      options.waitTimeout === undefined
        ? settings.waitTimeout
        : milliseconds(options.waitTimeout as number, 'waitTimeout', { infinity: true });
    options.signal?.throwIfAborted();
    const record = await this.#require(id);
    const ended = isFinished(record.state) || record.state.state === 'in-doubt';
    if (!ended && record.fixed.anonymous && this.#services.pool.find(record.identity) === undefined) {
      return toOutcome<T>({ kind: 'pending', record, attempts: record.state.attempts, waiting: 'interrupted' });
    }
    const waited: Waited = ended
      ? { kind: 'settled', record, persisted: true, source: 'journal' }
      : await waiter.pass(wait(this.#drive(record), { signal: options.signal, timeout, canCancel: false }));
    options.signal?.throwIfAborted();
    // The name stands for another request by now: whoever asks by name alone means that one.
    if (waited.kind === 'failed' && waited.error instanceof OperationConflictError) return this.outcome(id, options);
    if (waited.kind === 'failed') throw waited.error;
    if (waited.kind === 'settled') delivered(waited);
    return toOutcome<T>(waited);
  }

  async wake(id?: OperationId): Promise<void> {
    const records = id === undefined ? await this.#records({}, { open: true }) : [await this.#require(id)];
    for (const record of records) {
      if (isFinished(record.state) || record.state.state === 'in-doubt') continue;
      if (id === undefined && record.fixed.anonymous && this.#services.pool.find(record.identity) === undefined)
        continue;
      this.#drive(record).wake();
    }
  }

  async acknowledge(id: OperationId): Promise<void> {
    const record = await this.#require(id);
    if (!isFinished(record.state)) {
      throw new OperationStateError(
        record.fixed.id,
        effectOfRecord(record),
        'it has not finished, so there is no outcome to acknowledge.',
      );
    }
    await this.#services.acknowledge(record);
  }

  async discard(id: OperationId, options: { evenIfPossiblySent?: boolean } = {}): Promise<void> {
    const { clock } = this.#services.settings;
    const evenIfPossiblySent = options.evenIfPossiblySent === true;
    await this.#change(id, (record) => decision(record, discarded(record, { now: clock.now(), evenIfPossiblySent })));
  }

  async resolve(id: OperationId, verdict: Verdict): Promise<Outcome> {
    const { clock, attemptTimeout, storableHeaders } = this.#services.settings;
    const read = await readVerdict(verdict, storableHeaders);
    const record = await this.#change(id, (current) =>
      withoutLargeBody(decision(current, resolved(current, read, { now: clock.now(), attemptTimeout }))),
    );
    return toOutcome({ kind: 'settled', record, persisted: true, source: 'recovered' });
  }

  async forget(id: OperationId): Promise<void> {
    const journal = this.#services.journal();
    for (;;) {
      const record = await this.#require(id);
      if (!isFinished(record.state)) {
        throw new OperationStateError(
          record.fixed.id,
          effectOfRecord(record),
          'it has not ended: discard or resolve it first, then forget it.',
        );
      }
      if (await this.#stored(() => journal.remove(record.identity, record.revision))) return;
    }
  }

  async acknowledgeLoss(): Promise<void> {
    const journal = this.#services.journal();
    await this.#stored(async () => journal.acknowledgeLoss?.());
  }

  /** Compare-and-set until it is stored; `next` judges every version it meets. Drivers in this process are told. */
  async #change(id: OperationId, next: (record: OperationRecord) => StatePart): Promise<OperationRecord> {
    const { settings, pool } = this.#services;
    const journal = this.#services.journal();
    for (;;) {
      const record = await this.#require(id);
      const change = { revision: record.revision, write: token({ settings }), state: next(record) };
      const { won, record: now } = await this.#stored(() => journal.update(record.identity, change));
      pool.find(record.identity)?.outdated();
      if (won && now && isOperation(now)) return now;
    }
  }

  #drive(record: OperationRecord): OperationDriver {
    const { pool, settings } = this.#services;
    return pool.drive(record, settings, { journal: this.#services.journal(), fresh: false });
  }

  #shown(record: OperationRecord): Operation {
    const driver = this.#services.pool.find(record.identity);
    if (driver && driver.ending === undefined)
      return toOperation(record, {
        attempts: Math.max(driver.attempts, record.state.attempts),
        waiting: driver.waiting,
      });
    return toOperation(record, record.fixed.anonymous ? { waiting: 'interrupted' } : {});
  }

  async #require(id: OperationId): Promise<OperationRecord> {
    const record = await this.#read(id);
    if (record) return record;
    throw new UsageError(
      'ERR_ONCEWARD_UNKNOWN_ID',
      `${operationName(id)}: this owner has no operation of that name.`,
      operationName(id),
    );
  }

  async #read(id: OperationId): Promise<OperationRecord | undefined> {
    const { settings } = this.#services;
    const name = operationName(id);
    const owner = await requireOwner(settings);
    const journal = this.#services.journal();
    const record = await this.#stored(() => journal.get(operationIdentity(settings.name, owner, name)), name);
    return record && isOperation(record) ? record : undefined;
  }

  async #records(filter: Filter, options: { readonly open?: boolean }): Promise<readonly OperationRecord[]> {
    const { settings } = this.#services;
    const owner = await requireOwner(settings);
    const journal: Journal = this.#services.journal();
    const { records } = await this.#stored(() => journal.list(ownerPrefix(settings.name, owner), options));
    const wanted = matcher(filter);
    return records
      .filter(isOperation)
      .filter((record) => record.fixed.owner === owner && wanted(record))
      .sort((a, b) => a.fixed.createdAt - b.fixed.createdAt)
      .slice(0, filter.limit);
  }

  async #stored<T>(work: () => Promise<T>, id?: string): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asJournalError(error, id);
    }
  }
}

/** What a decision writes. @throws OperationStateError where it is refused */
function decision(record: OperationRecord, decided: Decided): StatePart {
  if (decided.kind === 'state') return decided.state;
  const { refusal } = decided;
  const { status } = toOperation(record);
  const why: Readonly<Record<Refusal['because'], string>> = {
    ended: `it has already ended (${status}); there is nothing to discard.`,
    possible:
      'it may have happened. Discarding ends the sending, not the effect: say { evenIfPossiblySent: true } if that is meant.',
    'not-in-doubt': `it is not in doubt (${status}); there is nothing to decide.`,
    'too-early': `its last attempt could still arrive until ${'until' in refusal ? new Date(refusal.until).toISOString() : ''}: decide 'none' after that.`,
  };
  throw new OperationStateError(record.fixed.id, effectOfRecord(record), why[refusal.because]);
}

function matcher({ status, id, prefix }: Filter): (record: OperationRecord) => boolean {
  const statuses =
    status === undefined ? undefined : new Set<OperationStatus>(typeof status === 'string' ? [status] : status);
  const name = id === undefined ? undefined : operationName(id);
  const start = prefix === undefined ? '' : namePrefix(prefix);
  return (record) =>
    (statuses === undefined || statuses.has(toOperation(record).status)) &&
    (name === undefined || record.fixed.id === name) &&
    record.fixed.id.startsWith(start);
}
