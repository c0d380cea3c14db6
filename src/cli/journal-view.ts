import { toOperation } from '../core/operation.ts';
import { isFinished, type OperationRecord } from '../core/record.ts';
import type { Effect, OperationStatus, Source } from '../core/types.ts';
import type { ProcessTable } from '../node/process-table.ts';
import { type Standing, standingOfDriver } from './driver-standing.ts';
import type { Entry } from './journal-entries.ts';
import { moment } from './plain-text.ts';

/** One operation as `--json` prints it. Times are ISO 8601 in UTC; what is not known is absent. No body, no header, no query, no whole key. */
export interface OperationView {
  readonly client: string;
  readonly owner: string;
  readonly id: string;
  readonly status: OperationStatus;
  readonly effect: Effect;
  /** Why a pending one is not being sent; 'sending' while its driver lives, 'interrupted' where nobody drives it. */
  readonly waiting?: string;
  /** Why one is in doubt. */
  readonly reason?: string;
  readonly method: string;
  /** Origin and path. A tombstone has none. */
  readonly url?: string;
  readonly keyHint?: string;
  readonly round: number;
  readonly attempts: number;
  /** The HTTP status of the answer that is kept. */
  readonly answer?: number;
  readonly source?: Source;
  /** Who drives an unfinished one. */
  readonly driver?: Standing;
  readonly pid?: number;
  readonly anonymous?: true;
  readonly tombstone?: true;
  /** A person decided it with this command. */
  readonly decidedHere?: true;
  /** Where the next exchange goes, if elsewhere: an origin. */
  readonly target?: { readonly kind: string; readonly origin: string };
  readonly redirectedTo?: string;
  /** How far it is, where the server told. */
  readonly percent?: number;
  readonly createdAt: string;
  readonly firstSentAt?: string;
  readonly lastSentAt?: string;
  readonly inProgressSince?: string;
  readonly lastSeenAt: string;
  readonly notBefore?: string;
  readonly nextAttemptAt?: string;
  readonly deadline?: string;
  readonly finishedAt?: string;
  readonly acknowledgedAt?: string;
}

/** How the write token of a decision made here begins: it stays in the record until the next write, and says how the operation ended. */
export const DECIDED_HERE = 'person-';

export function viewOf({ client, record }: Entry, processes: ProcessTable): OperationView {
  const { fixed, state, write } = record;
  const driver = standingOfDriver(state.driver, processes);
  const waiting = state.waiting ?? (driver === 'alive' ? 'sending' : 'interrupted');
  const { id, owner, status, effect, method, url, keyHint, round, attempts } = toOperation(record);
  return {
    client,
    owner,
    id,
    status,
    effect,
    ...(status === 'pending' && { waiting }),
    ...(state.reason !== undefined && { reason: state.reason }),
    method,
    ...(url !== '' && { url }),
    ...(keyHint !== '' && { keyHint }),
    round,
    attempts,
    ...(state.response && { answer: state.response.status }),
    ...(state.source && { source: state.source }),
    ...(!isFinished(state) && { driver }),
    ...(!isFinished(state) && state.driver?.pid !== undefined && { pid: state.driver.pid }),
    ...(fixed.anonymous && { anonymous: true as const }),
    ...(state.tombstone && { tombstone: true as const }),
    ...(write.startsWith(DECIDED_HERE) && { decidedHere: true as const }),
    ...(state.target && { target: { kind: state.target.kind, origin: originOf(state.target.url) } }),
    ...(state.redirectedTo !== undefined && { redirectedTo: originOf(state.redirectedTo, fixed.request.url) }),
    ...(state.progress?.percent !== undefined && { percent: state.progress.percent }),
    ...times(record),
  };
}

function times({ fixed, state }: OperationRecord): Pick<OperationView, 'createdAt' | 'lastSeenAt'> {
  const known = {
    createdAt: fixed.createdAt,
    firstSentAt: state.dispatchedAt,
    lastSentAt: state.lastSentAt,
    inProgressSince: state.inProgressSince,
    lastSeenAt: state.lastSeenAt,
    notBefore: isFinished(state) ? undefined : state.notBefore,
    nextAttemptAt: isFinished(state) ? undefined : state.dueAt,
    deadline: fixed.deadline,
    finishedAt: state.finishedAt,
    acknowledgedAt: state.acknowledgedAt,
  };
  const shown = Object.entries(known).flatMap(([name, at]) => (at === undefined ? [] : [[name, moment(at)]]));
  return Object.fromEntries(shown) as Pick<OperationView, 'createdAt' | 'lastSeenAt'>;
}

/** Where something is, and nothing of what is asked there: its path may be a capability. */
export function originOf(url: string, base?: string): string {
  return URL.canParse(url, base) ? new URL(url, base).origin : '';
}
