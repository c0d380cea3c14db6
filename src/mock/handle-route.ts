import { type Answer, captureAnswer, problemAnswer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { FoundRoute } from './routes.ts';
import type { Execution } from './types.ts';

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
    const response = await handler({ request: arrival.copy(), json: arrival.json, params, key });
    return { answer: await captureAnswer(response) };
  } catch (error) {
    const answer = problemAnswer(500, 'Internal Server Error', 'The handler of this route failed.');
    return { answer, error: messageOf(error) };
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
