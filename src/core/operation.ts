import { keyHint } from './key-hint.ts';
import { isFinished, type OperationRecord } from './record.ts';
import type { Effect, Json, Operation, OperationStatus, Waiting } from './types.ts';

/** What only the driving process knows. */
interface Live {
  readonly attempts?: number;
  readonly waiting?: Waiting;
}

/** The public view of a record: frozen plain data without body, headers or whole key. */
export function toOperation({ fixed, state }: OperationRecord, live: Live = {}): Operation {
  const status = statusOf(state.state);
  const waiting = status === 'pending' ? (live.waiting ?? state.waiting ?? 'interrupted') : undefined;
  return Object.freeze({
    id: fixed.id,
    owner: fixed.owner,
    status,
    effect: effectOfRecord({ state }),
    ...(waiting !== undefined && { waiting }),
    ...(state.reason !== undefined && { reason: state.reason }),
    method: fixed.request.method,
    url: shownUrl(fixed.request.url),
    ...(fixed.meta !== undefined && { meta: deeplyFrozen(fixed.meta) }),
    ...(state.progress !== undefined && {
      progress: deeplyFrozen(state.progress as Json) as NonNullable<Operation['progress']>,
    }),
    attempts: live.attempts ?? state.attempts,
    round: fixed.round,
    keyHint: keyHint(fixed.key),
    createdAt: fixed.createdAt,
    ...(state.dispatchedAt !== undefined && { firstSentAt: state.dispatchedAt }),
    ...(state.dueAt !== undefined && { nextAttemptAt: state.dueAt }),
    ...(state.finishedAt !== undefined && { finishedAt: state.finishedAt }),
  });
}

function statusOf(state: OperationRecord['state']['state']): OperationStatus {
  return state === 'claimed' || state === 'dispatched' ? 'pending' : state;
}

/** Ours by now, and handed to everybody who asks: nobody writes into it. */
function deeplyFrozen(value: Json): Json {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deeplyFrozen);
  return Object.freeze(value);
}

/** What is known of the effect. Of an unfinished record it is not stored but read off: a dispatch mark means possible. */
export function effectOfRecord({ state }: Pick<OperationRecord, 'state'>): Effect {
  if (state.state === 'succeeded') return 'done';
  if (state.state === 'rejected' || state.state === 'not-sent') return 'none';
  if (state.state === 'in-doubt') return 'possible';
  if (isFinished(state)) return state.effect ?? 'possible';
  return state.dispatchedAt === undefined ? 'none' : 'possible';
}

/** Origin and path: a query may hold what only the server should see. */
export function shownUrl(url: string, base?: string): string {
  try {
    const { origin, pathname } = new URL(url, base);
    return origin + pathname;
  } catch {
    return '';
  }
}
