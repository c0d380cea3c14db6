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
  const { random, uuidV5, scope, clock } = settings;
  const { id, owner, request, meta, deadline, accepted } = call;
  const salt = newSalt(random);
  const key = call.key ?? v4({ random: random.bytes(16) });
  const fingerprint = fingerprintOf(request, call.fingerprint, salt, uuidV5);
  const part = {
    kind: 'operation',
    id,
    owner,
    round,
    key,
    request,
    fingerprint,
    salt,
    createdAt: clock.now(),
  } as const;
  // What most calls do not have is looked at once.
  if (scope === undefined && meta === undefined && deadline === undefined && accepted === undefined && !call.anonymous)
    return part;
  return {
    ...part,
    ...(scope !== undefined && { scope }),
    ...(meta !== undefined && { meta }),
    ...(deadline !== undefined && { deadline }),
    ...(accepted !== undefined && { accepted }),
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
