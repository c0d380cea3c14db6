import type { PreparedCall } from './call-options.ts';
import { currentOwner } from './credentials.ts';
import type { Disowned } from './disowned-claims.ts';
import { OperationDriver } from './driver.ts';
import type { DriverPool } from './driver-pool.ts';
import { JournalError } from './errors/journal-error.ts';
import { OperationConflictError } from './errors/operation-conflict-error.ts';
import { UsageError } from './errors/usage-error.ts';
import { keyIdentity, operationIdentity } from './identity.ts';
import type { Journal } from './journal.ts';
import { type Action, KNOWN_NAME, standingOf } from './known-name.ts';
import { claimState, type FrozenCall, isSameRequest, newRecord, newRound } from './new-record.ts';
import { effectOfRecord } from './operation.ts';
import type { Slot } from './origin-traffic.ts';
import { type OperationRecord, RECORD_VERSION } from './record.ts';
import { asJournalError, isOperation, token } from './save.ts';
import type { Settings } from './settings.ts';

/** What a call was given for its name. */
export type Ticket =
  | { readonly kind: 'driver'; readonly driver: OperationDriver; readonly claimed: boolean }
  /** Nothing is under way: what the journal holds is the answer. */
  | { readonly kind: 'stored'; readonly record: OperationRecord }
  /** Under way, and the caller had given up before asking: it is told so, and nothing is begun for it. */
  | { readonly kind: 'pending'; readonly record: OperationRecord; readonly cause: unknown }
  /** Aborted before anything was stored. */
  | { readonly kind: 'unsent'; readonly record: OperationRecord; readonly cause: unknown };

export interface Admission {
  readonly settings: Settings;
  readonly pool: DriverPool;
  /** @throws UsageError ERR_ONCEWARD_JOURNAL_REQUIRED */
  journal(): Journal;
}

/** Who is signed in. @throws UsageError ERR_ONCEWARD_NO_OWNER */
export async function requireOwner(settings: Settings): Promise<string> {
  const owner = await currentOwner(settings);
  if (typeof owner === 'string' && owner !== '' && isText(owner)) return owner;
  throw new UsageError(
    'ERR_ONCEWARD_NO_OWNER',
    "Nobody is signed in: owner must be the id of whose operations these are, or a function that returns it. For guests use the guest session's id.",
  );
}

function isText(owner: string): boolean {
  try {
    encodeURIComponent(owner);
    return true;
  } catch {
    return false;
  }
}

/** From call to ticket: freezes, claims, and does what the table of known names says. Nothing is sent here.
 *  @throws UsageError, JournalError or OperationConflictError */
export async function admit(call: PreparedCall, admission: Admission): Promise<Ticket> {
  const { settings, pool } = admission;
  const journal = admission.journal();
  const frozen: FrozenCall = { owner: await requireOwner(settings), ...(await call.freeze()) };
  try {
    const driver = await pool.presence.enter();
    const identity = operationIdentity(settings.name, frozen.owner, frozen.id);
    await pool.disowned.reclaim(identity);
    // Also where the call was aborted: "nothing was sent" must not be said of a name that was sent before.
    const known =
      frozen.key === undefined && call.signal?.aborted !== true ? undefined : await readFor(call, journal, identity);
    if (known) return await answerKnown(known, { frozen, call, admission, journal });
    if (call.signal?.aborted) return unsent(frozen, settings, call.signal);
    const record = await withSlot(frozen, pool, async (slot) => {
      const state = claimState(settings, driver, { sendsAtOnce: slot !== undefined });
      const offered = newRecord(frozen, settings, state);
      if (frozen.key !== undefined)
        await claimKey(frozen.key, { operation: offered.identity, round: 1 }, { frozen, call, admission, journal });
      const claim = await orDisowned(offered, { admission, journal }, () => journal.claim(offered));
      if (!isOperation(claim.record))
        throw new JournalError('corrupt', `${frozen.id}: the journal holds something else under this name.`);
      return claim.created ? pool.drive(claim.record, settings, { journal, fresh: true, slot }) : claim.record;
    });
    if (record instanceof OperationDriver) return { kind: 'driver', claimed: true, driver: record };
    return await answerKnown(record, { frozen, call, admission, journal });
  } catch (error) {
    if (error instanceof OperationConflictError || error instanceof UsageError) throw error;
    throw notStored(asJournalError(error, frozen.id), frozen, admission);
  }
}

/** The call sent nothing. But its name may be under way here already, and of that nobody may hear "none". */
function notStored(error: JournalError, { owner, id }: FrozenCall, { settings, pool }: Admission): JournalError {
  const driver = pool.find(operationIdentity(settings.name, owner, id));
  if (driver === undefined || effectOfRecord(driver.record) === 'none') return error;
  const effect = effectOfRecord(driver.record);
  return new JournalError(error.reason, error.message, { operationId: id, effect, cause: error.cause });
}

interface Call {
  readonly frozen: FrozenCall;
  readonly call: PreparedCall;
  readonly admission: Admission;
  readonly journal: Journal;
}

async function answerKnown(record: OperationRecord, context: Call): Promise<Ticket> {
  const { frozen, call, admission, journal } = context;
  const { settings, pool } = admission;
  const row = KNOWN_NAME[standingOf(record)];
  const action = isSameRequest(record, frozen) ? row.same : row.other;
  switch (resolved(action, call)) {
    case 'join': {
      if (call.signal?.aborted) return { kind: 'pending', record, cause: call.signal.reason };
      const driver = pool.drive(record, settings, { journal, fresh: false });
      driver.askedAgain(settings);
      return { kind: 'driver', claimed: false, driver };
    }
    case 'stored':
      return { kind: 'stored', record };
    case 'conflict':
      throw new OperationConflictError(frozen.id, {
        what: 'name',
        since: record.fixed.createdAt,
        effect: effectOfRecord(record),
      });
    default:
      return newRoundOf(record, context);
  }
}

function resolved(action: Action, { retryRejected }: PreparedCall): Action {
  if (action !== 'stored-or-new-round') return action;
  return retryRejected ? 'new-round' : 'stored';
}

/** A compare-and-set on the revision: of two at once one wins, and the other looks at what the winner has made. */
async function newRoundOf(record: OperationRecord, context: Call): Promise<Ticket> {
  const { frozen, call, admission, journal } = context;
  const { settings, pool } = admission;
  if (call.signal?.aborted) return unsent(frozen, settings, call.signal);
  // A round of which nothing was ever sent is begun anew; a key handed in for it is still its own. A refusal of credentials leaves no mark, but
  // the server has seen the key then, and must never see it with other bytes.
  const isItsOwn = frozen.key === record.fixed.key && isSameRequest(record, frozen);
  const unseen = frozen.key === undefined || record.state.attempts === 0 || isItsOwn;
  const anew = record.state.dispatchedAt === undefined && standingOf(record) === 'unsent' && unseen;
  const round = anew ? record.fixed.round : record.fixed.round + 1;
  if (frozen.key !== undefined) await claimKey(frozen.key, { operation: record.identity, round }, context);
  const driver = await pool.presence.enter();
  const now = await withSlot(frozen, pool, async (slot) => {
    const change = {
      revision: record.revision,
      write: token({ settings }),
      state: claimState(settings, driver, { sendsAtOnce: slot !== undefined }),
      round: newRound(frozen, settings, round),
    };
    const { identity } = record;
    const begun = { identity, write: change.write };
    const result = await orDisowned(begun, context, () => journal.update(identity, change));
    if (result.record !== undefined && !isOperation(result.record))
      throw new JournalError('corrupt', `${frozen.id}: the journal holds something else under this name.`);
    return result.won && result.record
      ? pool.drive(result.record, settings, { journal, fresh: true, slot })
      : result.record;
  });
  if (now === undefined) return admit(call, admission);
  if (now instanceof OperationDriver) return { kind: 'driver', claimed: true, driver: now };
  return answerKnown(now, context);
}

/** Claims with a slot in hand for the first attempt, where one is free: then the send follows at once, and the claim itself carries the dispatch mark.
 *  Whoever has to wait for his turn is marked when it comes. A slot that no driver got is given back. */
async function withSlot<T>(
  { request }: FrozenCall,
  { online, traffic }: DriverPool,
  claim: (slot: Slot | undefined) => Promise<OperationDriver | T>,
): Promise<OperationDriver | T> {
  const slot = online ? traffic.take(new URL(request.url).origin) : undefined;
  let claimed: OperationDriver | T | undefined;
  try {
    claimed = await claim(slot);
    return claimed;
  } finally {
    if (!(claimed instanceof OperationDriver)) slot?.leave();
  }
}

/** A handed-in key is claimed like a name, before the operation that uses it: no two operations or rounds ever share one (I9).
 *  Found with our own value, a crash came between the two claims, and it is ours. */
async function claimKey(
  key: string,
  owns: { readonly operation: string; readonly round: number },
  { frozen, admission, journal }: Call,
): Promise<void> {
  const { settings } = admission;
  const createdAt = settings.clock.now();
  const { record } = await journal.claim({
    version: RECORD_VERSION,
    identity: keyIdentity(settings.name, settings.scope, key),
    revision: 1,
    write: token({ settings }),
    fixed: { kind: 'key', ...owns, createdAt },
  });
  const { fixed } = record;
  if (fixed.kind === 'key' && fixed.operation === owns.operation && fixed.round === owns.round) return;
  throw new OperationConflictError(frozen.id, { what: 'key', since: fixed.createdAt, effect: 'none' });
}

/** What `store` comes to. Where it fails, nobody knows whether it was stored. */
async function orDisowned<T>(
  written: Disowned,
  { admission, journal }: Pick<Call, 'admission' | 'journal'>,
  store: () => Promise<T>,
): Promise<T> {
  try {
    return await store();
  } catch (error) {
    admission.pool.disowned.add(written, { journal, settings: admission.settings });
    throw error;
  }
}

async function readFor(
  { signal }: PreparedCall,
  journal: Journal,
  identity: string,
): Promise<OperationRecord | undefined> {
  const record = await journal.get(identity).catch((error: unknown) => {
    // What is left of a lost operation becomes whole again by a claim, which this call is about to make.
    if (error instanceof JournalError && error.reason === 'lost' && signal?.aborted !== true) return undefined;
    throw error;
  });
  return record !== undefined && isOperation(record) ? record : undefined;
}

function unsent(call: FrozenCall, settings: Settings, { reason: cause }: AbortSignal): Ticket {
  const now = settings.clock.now();
  const state = { state: 'not-sent', attempts: 0, lastSeenAt: now, finishedAt: now } as const;
  return { kind: 'unsent', cause, record: newRecord(call, settings, state) };
}
