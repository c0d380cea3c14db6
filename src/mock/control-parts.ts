import type { Answer } from './answer.ts';
import type { EventLog } from './events.ts';
import type { Metrics } from './metrics.ts';
import type { FaultPlans } from './plans.ts';
import type { Mock } from './types.ts';

/** What of the mock its control reaches. */
export interface ControlParts extends Pick<Mock, 'ledger' | 'effects' | 'clock' | 'crash' | 'reset'> {
  readonly events: EventLog;
  readonly metrics: Metrics;
  /** Of the server as it is now: a reset makes a new one. */
  plans(): FaultPlans;
  /** The state of an operation that was accepted, for who asks. */
  monitor(id: string, request: Request): Answer;
}

/** A request to one of the control's routes. */
export interface ControlCall {
  readonly request: Request;
  readonly url: URL;
  /** What was sent, parsed; undefined where nothing was. */
  readonly body: unknown;
}

/** What the control answers: as a rule whole, else a body that goes on for as long as it is read. */
export type ControlAnswer = Answer & { readonly live?: ReadableStream<Uint8Array> };
