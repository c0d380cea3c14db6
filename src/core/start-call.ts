import { v4 } from 'uuid';
import { admit, type Ticket } from './admit.ts';
import { type PreparedCall, prepareCall } from './call-options.ts';
import type { OperationDriver } from './driver.ts';
import { LazyOperation } from './operation-promise.ts';
import { type OperationRecord, RECORD_VERSION } from './record.ts';
import type { Services } from './services.ts';
import type { CallOptions, OperationPromise } from './types.ts';
import type { Waited } from './wait.ts';

/** A short waitTimeout is for the operation: what is known of a name already is told all the same. */
const SHORTEST_ADMISSION = 1_000;

interface Target {
  readonly method: string;
  readonly url: string | URL;
}

/** Begins a call: checked, claimed and under way without anybody asking. What it says is the promise's, for whoever asks. */
export function startCall(services: Services, target: Target, options: CallOptions): OperationPromise {
  const { settings, pool, life } = services;
  const { clock } = settings;
  const started = clock.now();
  // A wall clock that is set meanwhile must not lengthen anybody's wait.
  const begun = clock.monotonic();
  const waiter = life.begin();
  let call: PreparedCall | undefined;
  const admission = (async () => {
    const newName = () => `anonymous/${v4({ random: settings.random.bytes(16) })}`;
    const prepared = prepareCall(target, options, settings, newName);
    call = prepared;
    const ticket = await pool.admitting(() => admit(prepared, services));
    if (ticket.kind === 'driver') ticket.driver.tickets += 1;
    if (ticket.kind === 'driver' && ticket.claimed && prepared.signal) cancelWith(ticket.driver, prepared.signal);
    return ticket;
  })().catch(waiter.silence);
  const left = () => Math.max(0, (call?.waitTimeout ?? 0) - (clock.monotonic() - begun));
  const wait = async (): Promise<Waited> => {
    const { id = '', signal } = call ?? {};
    const ticket = await within(admission, services, { timeout: Math.max(left(), SHORTEST_ADMISSION), signal });
    if (ticket === undefined) return unclaimed(id, target, { services, started });
    return waitedFor(ticket, services, { signal, timeout: left() });
  };
  return new LazyOperation({
    wait: () => waiter.pass(wait()),
    throwHttpErrors: options?.throwHttpErrors ?? settings.throwHttpErrors,
    delivered: services.delivered,
    hintFor: services.hintFor,
  });
}

/** An abort before the first byte cancels, whether or not anybody has asked for the result yet. */
function cancelWith(driver: OperationDriver, signal: AbortSignal): void {
  const abort = () => void driver.cancel();
  const unlisten = driver.listen(() => {
    if (driver.ending === undefined) return;
    signal.removeEventListener('abort', abort);
    unlisten();
  });
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
}

function waitedFor(
  ticket: Ticket,
  services: Services,
  { signal, timeout }: { readonly signal: AbortSignal | undefined; readonly timeout: number },
): Promise<Waited> | Waited {
  switch (ticket.kind) {
    case 'stored':
      return { kind: 'settled', record: ticket.record, persisted: true, source: 'journal' };
    case 'pending': {
      const { record, cause } = ticket;
      const { attempts, waiting = 'interrupted' } = services.pool.find(record.identity) ?? record.state;
      return { kind: 'pending', record, attempts, waiting, cause };
    }
    case 'unsent':
      return { kind: 'settled', record: ticket.record, persisted: true, source: 'journal', cause: ticket.cause };
    case 'driver':
      return services.wait(ticket.driver, { signal, timeout, canCancel: ticket.claimed });
  }
}

/** The ticket, or undefined after `timeout` ms: a journal or an `owner` that never answers must not hold a caller for ever. An abort leaves it
 *  a moment, for whether it cancels is known only once the claim is. */
function within(
  admission: Promise<Ticket | undefined>,
  { pool: { keepAlive, limits } }: Services,
  { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal | undefined },
): Promise<Ticket | undefined> {
  return new Promise((resolve, reject) => {
    const release = keepAlive();
    let hurry: (() => void) | undefined;
    const done = () => {
      lift();
      hurry?.();
      signal?.removeEventListener('abort', abort);
      release();
    };
    const late = () => {
      done();
      resolve(undefined);
    };
    const abort = () => {
      hurry ??= limits.set(SHORTEST_ADMISSION, late);
    };
    const lift = limits.set(timeout, late);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    admission.then(
      (ticket) => {
        done();
        resolve(ticket);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}

/** Nothing is known yet: the claim may still be stored and sent, and the name may have been sent before. */
function unclaimed(
  id: string,
  { method, url }: Target,
  { services, started }: { readonly services: Services; readonly started: number },
): Waited {
  const request = { method, url: new URL(url, services.settings.baseUrl).href, headers: [] };
  const fixed = { kind: 'operation', id, owner: '', round: 1, key: '', request, fingerprint: '', salt: '' } as const;
  const state = { state: 'dispatched', attempts: 0, lastSeenAt: started, dispatchedAt: started } as const;
  const record: OperationRecord = {
    version: RECORD_VERSION,
    identity: '',
    revision: 0,
    write: '',
    fixed: { ...fixed, createdAt: started },
    state,
  };
  return { kind: 'pending', record, attempts: 0, waiting: 'queued' };
}
