import { v4 } from 'uuid';
import type { DriverMark } from './driver-mark.ts';
import { fingerprintOf, newSalt } from './fingerprint.ts';
import { operationIdentity } from './identity.ts';
import type { Accepted } from './profile.ts';
import {
  type NewRecord,
  type OperationPart,
  type OperationRecord,
  RECORD_VERSION,
  type StatePart,
  type StoredRequest,
} from './record.ts';
import { token } from './save.ts';
import type { Settings } from './settings.ts';
import type { Json } from './types.ts';

/** A call, checked and frozen: everything of it that is stored. */
export interface FrozenCall {
  readonly id: string;
  readonly owner: string;
  readonly request: StoredRequest;
  readonly key: string | undefined;
  readonly meta: Json | undefined;
  readonly deadline: number | undefined;
  readonly accepted: Accepted | undefined;
  readonly fingerprint: string | undefined;
  readonly anonymous: boolean;
}

/** The fixed part of one round: a key is made here and nowhere else. */
export function newRound(call: FrozenCall, settings: Settings, round: number): OperationPart {
  const salt = newSalt(settings.random);
  return {
    kind: 'operation',
    id: call.id,
    owner: call.owner,
    ...(settings.scope !== undefined && { scope: settings.scope }),
    round,
    key: call.key ?? v4({ random: settings.random.bytes(16) }),
    request: call.request,
    fingerprint: fingerprintOf(call.request, call.fingerprint, salt),
    salt,
    createdAt: settings.clock.now(),
    ...(call.meta !== undefined && { meta: call.meta }),
    ...(call.deadline !== undefined && { deadline: call.deadline }),
    ...(call.accepted !== undefined && { accepted: call.accepted }),
    ...(call.anonymous && { anonymous: true as const }),
  };
}

/** The state of a round as it is claimed. Where the send follows at once the dispatch mark rides on the claim's own write, so that a claim costs
 *  one flush. A claim that waits has no mark: after two days in a closed laptop it is still known that nothing was sent. */
export function claimState(
  settings: Settings,
  driver: DriverMark,
  { sendsAtOnce }: { readonly sendsAtOnce: boolean },
): StatePart {
  const now = settings.clock.now();
  const claimed: StatePart = { state: 'claimed', attempts: 0, lastSeenAt: now, driver };
  return sendsAtOnce ? { ...claimed, state: 'dispatched', dispatchedAt: now } : claimed;
}

/** Random: a name that was forgotten and claimed again must not come by a revision that a late write of its former life still holds. */
function firstRevision({ random }: Settings): number {
  return random.bytes(4).reduce((number, byte) => number * 256 + byte, 0) + 1;
}

export function newRecord(call: FrozenCall, settings: Settings, state: StatePart): OperationRecord & NewRecord {
  return {
    version: RECORD_VERSION,
    identity: operationIdentity(settings.name, call.owner, call.id),
    revision: firstRevision(settings),
    write: token({ settings }),
    fixed: newRound(call, settings, 1),
    state,
  };
}

/** Whether the stored operation stands for this very request. */
export function isSameRequest({ fixed }: OperationRecord, call: Pick<FrozenCall, 'request' | 'fingerprint'>): boolean {
  return fixed.fingerprint === fingerprintOf(call.request, call.fingerprint, fixed.salt);
}
