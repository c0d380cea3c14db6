import { UsageError } from '../core/errors/usage-error.ts';
import type { Duration } from '../core/types.ts';
import { type Answer, jsonAnswer, textAnswer } from './answer.ts';
import { eventsAnswer } from './control-events.ts';
import type { ControlAnswer, ControlCall, ControlParts } from './control-parts.ts';
import { METRICS_TYPE } from './metrics.ts';
import type { Fault } from './types.ts';

/** One thing that can be asked of the mock itself. */
export interface ControlRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/__onceward`. */
  readonly path: string;
  readonly summary: string;
  /** Parameters of the query, and what they say. */
  readonly query?: Readonly<Record<string, string>>;
  /** What is sent, and what comes back: names of the description's schemas. Nothing comes back where none is named. */
  readonly body?: string;
  readonly gives?: string;
  /** The media type of what comes back. @default application/json */
  readonly type?: string;
  readonly run: (parts: ControlParts, call: ControlCall) => ControlAnswer | Promise<ControlAnswer>;
}

const PLAN = { plan: 'the plan of that name: its faults strike only requests that carry it in x-onceward-plan' };
const DONE: Answer = { status: 204, headers: [], body: new Uint8Array() };

/** Everything that `/__onceward` answers, but for its description of itself and the monitors. */
export const CONTROL_ROUTES: readonly ControlRoute[] = [
  {
    method: 'GET',
    path: '/ledger',
    summary: 'One entry for each key of each tenant, oldest first.',
    gives: 'LedgerEntries',
    run: (parts) => jsonAnswer(200, parts.ledger()),
  },
  {
    method: 'GET',
    path: '/effects',
    summary: 'Every execution of a handler so far.',
    query: { route: "only those of one route: 'POST /charges'" },
    gives: 'Executions',
    run: (parts, { url }) => jsonAnswer(200, parts.effects(url.searchParams.get('route') ?? undefined)),
  },
  {
    method: 'GET',
    path: '/events',
    summary:
      'What happened, in order. With accept: text/event-stream one by one, while it happens, until the server ends.',
    query: { after: 'only those with a higher id' },
    gives: 'Events',
    run: (parts, call) => eventsAnswer(call, parts.events),
  },
  {
    method: 'GET',
    path: '/metrics',
    summary:
      'Hits, executions and replays for each tenant and outcome, in the text format of OpenMetrics. Keys are in the exemplars.',
    gives: 'Metrics',
    type: METRICS_TYPE,
    run: (parts) => textAnswer(200, { 'content-type': METRICS_TYPE }, parts.metrics.text()),
  },
  {
    method: 'GET',
    path: '/faults',
    summary: 'The planned faults that no request has met.',
    query: PLAN,
    gives: 'Faults',
    run: planned,
  },
  {
    method: 'POST',
    path: '/faults',
    summary: 'Plans a fault, or several, behind those that are planned.',
    query: PLAN,
    body: 'Plan',
    gives: 'Faults',
    run: (parts, call) => {
      // What is in it is for the plan to check.
      parts.plans().add(planOf(call), [call.body].flat() as Fault[]);
      return planned(parts, call);
    },
  },
  {
    method: 'DELETE',
    path: '/faults',
    summary: 'Forgets the planned faults.',
    query: PLAN,
    run: (parts, call) => {
      parts.plans().clear(planOf(call));
      return DONE;
    },
  },
  {
    method: 'GET',
    path: '/clock',
    summary: "The time by the mock's clock.",
    gives: 'Time',
    run: time,
  },
  {
    method: 'POST',
    path: '/clock',
    summary: 'Moves the clock on, and answers when all that was due by then has happened.',
    body: 'Advance',
    gives: 'Time',
    run: async (parts, { body }) => {
      await parts.clock.advance(advanceIn(body));
      return time(parts);
    },
  },
  {
    method: 'POST',
    path: '/crash',
    summary: 'Loses what a dying server loses, and starts again.',
    run: async (parts) => {
      await parts.crash();
      return DONE;
    },
  },
  {
    method: 'POST',
    path: '/reset',
    summary: 'Forgets keys, effects and faults: a new server. The clock and the events stay.',
    run: (parts) => {
      parts.reset();
      return DONE;
    },
  },
];

function planOf({ url }: ControlCall): string | undefined {
  return url.searchParams.get('plan') ?? undefined;
}

function planned(parts: ControlParts, call: ControlCall): Answer {
  return jsonAnswer(200, parts.plans().left(planOf(call)));
}

function time({ clock }: ControlParts): Answer {
  const now = clock.now();
  return jsonAnswer(200, { now, iso: new Date(now).toISOString() });
}

function advanceIn(body: unknown): Duration {
  if (typeof body === 'object' && body !== null && 'advance' in body) return body.advance as Duration;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `The clock is moved by {"advance": "1h"}; got no 'advance'.`);
}
