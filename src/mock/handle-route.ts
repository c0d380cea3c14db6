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
    return { answer: await captureAnswer(await handler(contextOf(arrival, params, key))) };
  } catch (error) {
    const answer = problemAnswer(500, 'Internal Server Error', 'The handler of this route failed.');
    return { answer, error: messageOf(error) };
  }
}

function contextOf(arrival: Arrival, params: Record<string, string>, key: string | undefined): RouteContext {
  let request: Request | undefined;
  return {
    // Made when it is asked for: most handlers take the parsed body, and a Request is the dearest part of their call.
    get request() {
      request ??= copyOf(arrival.request, arrival.body);
      return request;
    },
    json: arrival.json,
    params,
    key,
  };
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
