import { isFinished, type OperationRecord } from '../core/record.ts';
import { count, span } from './plain-text.ts';

/** One thing that happened, or will. */
export interface Moment {
  readonly at: number;
  readonly event: string;
  /** For a person. */
  readonly what: string;
}

const ENDS: Readonly<Record<string, string>> = {
  succeeded: 'succeeded',
  rejected: 'rejected: the server refused it, and nothing happened',
  'not-sent': 'ended; nothing was sent',
  discarded: 'discarded',
};

const SOURCES: Readonly<Record<string, string>> = {
  network: "the server's answer",
  replay: "the server's stored answer",
  journal: 'from the journal',
  recovered: 'looked up afterwards',
};

/** What a record says of an operation's life, in the order of time. */
export function timelineOf({ fixed, state }: OperationRecord): readonly Moment[] {
  const { response, source } = state;
  const ended = isFinished(state);
  const attempts = count(state.attempts, 'attempt');
  const how = [
    ...(response ? [`HTTP ${response.status}`] : []),
    ...(source ? [SOURCES[source] ?? source] : []),
    ...(state.state === 'discarded' && state.effect === 'possible' ? ['it may have happened'] : []),
  ];
  const known: readonly (readonly [at: number | undefined, event: string, what: string])[] = [
    [
      fixed.createdAt,
      'created',
      fixed.round === 1 ? 'claimed: the key is durable' : `claimed anew, round ${fixed.round}`,
    ],
    [state.dispatchedAt, 'dispatched', 'first attempt may have left; the age of the key counts from here'],
    [state.inProgressSince, 'in-progress', 'the server says that it is in progress'],
    [state.lastSentAt, 'last-sent', `last attempt left at the latest (${attempts})`],
    [lastSeen(state), 'last-seen', `last sign of its driver (${attempts})`],
    [ended ? undefined : state.notBefore, 'not-before', 'the server asked not to be asked before'],
    [
      ended ? undefined : state.dueAt,
      'next-attempt',
      `next attempt${state.waiting === undefined ? '' : ` (${state.waiting})`}`,
    ],
    [fixed.deadline, 'deadline', 'deadline: nothing is sent after it'],
    [state.finishedAt, 'finished', [ENDS[state.state] ?? state.state, ...how].join(', ')],
    [state.acknowledgedAt, 'acknowledged', 'somebody was told'],
  ];
  return known
    .flatMap(([at, event, what]) => (at === undefined ? [] : [{ at: notBefore(fixed.createdAt, at), event, what }]))
    .toSorted((a, b) => a.at - b.at);
}

/** A claim that sends at once is marked in the same write, and its two times are read one after the other. */
function notBefore(created: number, at: number): number {
  return at < created && created - at < 1000 ? created : at;
}

/** The clock as the last write saw it: worth a line where nothing else tells of that moment. */
function lastSeen({ lastSeenAt, dispatchedAt, lastSentAt, finishedAt }: OperationRecord['state']): number | undefined {
  return finishedAt !== undefined || lastSeenAt === dispatchedAt || lastSeenAt === lastSentAt ? undefined : lastSeenAt;
}

/** How long after the one before: '+12 ms', '+3m'. */
export function after(ms: number): string {
  return Math.abs(ms) < 1000 ? `+${ms} ms` : `+${span(ms)}`;
}
