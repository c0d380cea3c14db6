import type { Clock } from '../core/ports.ts';
import { type Answer, problemAnswer, textAnswer, withHeaders } from './answer.ts';
import type { PlannedFault } from './fault-plan.ts';
import type { Served } from './idempotent-server.ts';
import type { LogOutcome } from './types.ts';

/** What leaves the server, before it takes the form of a Delivery. */
export type Parcel =
  | { readonly kind: 'answer' | 'truncate'; readonly answer: Answer }
  | { readonly kind: 'reset'; readonly refused?: true; readonly answer?: never }
  | { readonly kind: 'silence'; readonly answer?: never };

/** What became of one request. */
export interface Fate {
  readonly parcel: Parcel;
  readonly outcome: LogOutcome;
  readonly error?: string | undefined;
}

/** What a fault works with. */
export interface DeliveryParts {
  /** Called once, twice, or not at all. */
  readonly serve: () => Served | Promise<Served>;
  /** The same request reaches the server once more, as an arrival of its own. Its answer goes nowhere, and neither does its failure. */
  readonly serveAgain: () => void;
  /** Says that the fault strikes now. */
  readonly strikes: () => void;
  /** The server dies, unless it has died of this fault already. */
  readonly crash: () => Promise<void>;
  readonly clock: Clock;
}

/** Serves a request the way its fault wants it. */
export async function deliver(
  fault: PlannedFault,
  { serve, serveAgain, strikes, crash, clock }: DeliveryParts,
): Promise<Fate> {
  const wait = async (): Promise<void> => {
    if (fault.delay > 0) await clock.sleep(fault.delay);
    strikes();
  };
  switch (fault.kind) {
    case 'refuse':
      await wait();
      return { parcel: { kind: 'reset', refused: true }, outcome: 'not-run' };
    case 'zombie':
      // Its delay is the time until it arrives after all; that is the engine's to see to.
      strikes();
      return { parcel: { kind: 'reset' }, outcome: 'not-run' };
    case 'reset-before':
      await wait();
      return { parcel: { kind: 'reset' }, outcome: 'not-run' };
    case 'stall':
      await wait();
      return { parcel: { kind: 'silence' }, outcome: 'not-run' };
    case 'duplicate': {
      const first = serve();
      strikes();
      serveAgain();
      const served = await first;
      if (fault.delay > 0) await clock.sleep(fault.delay);
      return sent(served);
    }
    case 'crash:before-effect':
    case 'crash:before-store':
    case 'crash:after-store':
      // It dies on its way through the server, or here where no handler ran.
      await serve();
      await crash();
      return { parcel: { kind: 'reset' }, outcome: 'lost' };
    case 'reset-after':
    case 'lose-response':
    case 'truncate': {
      const served = await serve();
      await wait();
      return cut(fault.kind, served);
    }
    default:
      await wait();
      return { parcel: { kind: 'answer', answer: refusal(fault) }, outcome: 'not-run' };
  }
}

/** What becomes of a request that no fault strikes. */
export function sent(served: Served): Fate {
  const parcel: Parcel = served.answer === undefined ? { kind: 'reset' } : { kind: 'answer', answer: served.answer };
  return { parcel, outcome: served.outcome, error: served.error };
}

function cut(kind: 'reset-after' | 'lose-response' | 'truncate', served: Served): Fate {
  const { answer, outcome, error } = served;
  if (kind === 'lose-response') return { parcel: { kind: 'silence' }, outcome, error };
  // A body of nothing has no half.
  if (kind === 'reset-after' || answer === undefined || answer.body.length === 0) {
    return { parcel: { kind: 'reset' }, outcome, error };
  }
  return { parcel: { kind, answer }, outcome, error };
}

function refusal({ status = 500, retryAfter }: PlannedFault): Answer {
  const answer =
    status >= 400
      ? problemAnswer(status, `Status ${status}`, 'The mock was told to answer so. Nothing was run.')
      : textAnswer(status, { 'content-type': 'application/json' }, '{}');
  return retryAfter === undefined ? answer : withHeaders(answer, { 'retry-after': retryAfter });
}
