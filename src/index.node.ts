import { assembleClient } from './core/client.ts';
import type { Client, ClientOptions } from './core/types.ts';
import { nodePlatform } from './node/platform.ts';

export {
  AlreadyFinishedError,
  DiscardedError,
  effectOf,
  findOncewardError,
  HTTPError,
  InDoubtError,
  isOncewardError,
  JournalError,
  NotSentError,
  OncewardError,
  OperationConflictError,
  OperationStateError,
  RedirectError,
  ResponseBodyError,
  StillPendingError,
  UsageError,
} from './core/errors/index.ts';
export type { JournalReason } from './core/errors/journal-error.ts';
export type { Journal, Unreadable } from './core/journal.ts';
export type { Clock, Locks, Random } from './core/ports.ts';
export type { Profile } from './core/profile.ts';
export type {
  AttemptInfo,
  CallOptions,
  Client,
  ClientOptions,
  Diagnosis,
  Durability,
  Duration,
  Effect,
  ErrorCode,
  Filter,
  InDoubtReason,
  Json,
  Operation,
  OperationId,
  OperationPromise,
  OperationStatus,
  Operations,
  Outcome,
  Send,
  Source,
  StoredResponse,
  UsageCode,
  Verdict,
  Waiting,
} from './core/types.ts';
export { anonymous } from './core/types.ts';
export type { ConditionalStore } from './journal/conditional-store.ts';
export { memoryJournal } from './journal/memory-journal.ts';
export { storeJournal } from './journal/store-journal.ts';

/** A client for requests that must happen once. Does no I/O until the first call or `ready()`.
 *
 *  @example
 *  const payments = createClient({ baseUrl: 'https://api.example.com/v1/', profile: ietf({ keyLifetime: '24h' }), owner: () => session.userId, journal: fileJournal('/var/lib/shop/onceward') });
 *  await payments.operations.resume();
 *  const charge = await payments.post('charges', { once: ['cart', cart.id], json: { amount: 1999 } }).json();
 *
 *  @throws UsageError for unknown options and wrong values; never for a missing piece: that is for the first call, or `ready()`
 */
export function createClient(options: ClientOptions): Client {
  return assembleClient(options, {
    ...nodePlatform,
    send: (input, init) => globalThis.fetch(input, init),
    defaultJournal: undefined,
    base: () => undefined,
  });
}
