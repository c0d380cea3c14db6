import { expect } from 'vitest';
import { createMock, type Mock, type MockOptions } from '../../../src/mock/index.ts';
import { BASE, post } from './transports.ts';

export const HELD_URL = `${BASE}/charges`;
export const HELD_INIT = post({ amount: 1 }, { 'idempotency-key': 'k' });

export interface Held {
  readonly mock: Mock;
  /** How often the handler has been run. */
  runs(): number;
  /** Lets the n-th run (from 0) of the handler end. */
  answer(run: number, response: Response): Promise<void>;
  send(): Promise<Response>;
}

/** A mock whose handler ends when the test says so. */
export function held(options: MockOptions): Held {
  const ends: PromiseWithResolvers<Response>[] = [];
  const endOf = (index: number): PromiseWithResolvers<Response> => (ends[index] ??= Promise.withResolvers<Response>());
  let runs = 0;
  const mock = createMock({
    ...options,
    routes: {
      'POST /charges': () => {
        runs += 1;
        return endOf(runs - 1).promise;
      },
    },
  });
  return {
    mock,
    runs: () => runs,
    answer: async (index, response) => {
      await expect.poll(() => runs).toBeGreaterThan(index);
      endOf(index).resolve(response);
    },
    send: () => mock.fetch(HELD_URL, HELD_INIT),
  };
}
