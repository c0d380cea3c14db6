import { type Answer, captureAnswer, problemAnswer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import { copyOf } from './at-hand.ts';
import type { FoundRoute } from './routes.ts';
import type { Execution, RouteContext } from './types.ts';

/** Where a handler that failed says so: the caller is told no more than a server would tell. */
export interface Handled {
  readonly answer: Answer;
  readonly error?: string;
}

/** Runs the user's handler and reads its response to the end. */
export async function handled(
  arrival: Arrival,
  { handler, params }: FoundRoute,
  key: string | undefined,
): Promise<Handled> {
  try {
    return { answer: await captureAnswer(await handler(new Context(arrival, params, key))) };
  } catch (error) {
    const answer = problemAnswer(500, 'Internal Server Error', 'The handler of this route failed.');
    return { answer, error: messageOf(error) };
  }
}

/** Its Request is made when it is asked for: most handlers take the parsed body, and a Request is the dearest part of their call. */
class Context implements RouteContext {
  declare readonly request: Request;
  readonly json: RouteContext['json'];
  readonly params: Record<string, string>;
  readonly key: string | undefined;
  readonly #arrival: Arrival;
  #request: Request | undefined;

  // A member of its own, so that `{ ...context }` has it, too. One description for all: a getter written out in a literal costs three times as much.
  static readonly #DESCRIPTION: PropertyDescriptor & ThisType<Context> = {
    enumerable: true,
    configurable: true,
    get() {
      this.#request ??= copyOf(this.#arrival.request, this.#arrival.body);
      return this.#request;
    },
  };

  constructor(arrival: Arrival, params: Record<string, string>, key: string | undefined) {
    this.#arrival = arrival;
    Object.defineProperty(this, 'request', Context.#DESCRIPTION);
    this.json = arrival.json;
    this.params = params;
    this.key = key;
  }
}

export function executionOf(
  { tenant, json }: Arrival,
  { route }: FoundRoute,
  key: string | undefined,
  at: number,
): Execution {
  return { route, key, tenant, at, body: json };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
