import { milliseconds } from '../core/duration.ts';
import type { Mock } from '../mock/types.ts';

/** So many turns of the event loop without anything new, and what was begun has come as far as it can without time passing. */
const QUIET_TURNS = 5;
const MOST_TURNS = 2_000;

/** The mock's clock, for a client in the same process. Its `advance` lets both come to rest before every step and after it, so that a test need not
 *  know how many turns of the event loop the next sleep is away. */
export interface TestClock {
  readonly clock: Mock['clock'];
  /** The mock's own fetch, seen by the clock. */
  readonly fetch: typeof globalThis.fetch;
}

export function testClock(mock: Mock): TestClock {
  const sleeping = new Set<{ readonly due: number }>();
  /** Requests on their way to the mock, oldest first. */
  const underway = new Set<object>();
  let changes = 0;
  mock.on(({ kind }) => {
    changes += 1;
    const [oldest] = underway;
    if (kind === 'arrived' && oldest !== undefined) underway.delete(oldest);
  });

  const rest = async (): Promise<void> => {
    for (let turn = 0, quiet = 0, seen = -1; quiet < QUIET_TURNS && turn < MOST_TURNS; turn++) {
      quiet = seen === changes && underway.size === 0 ? quiet + 1 : 0;
      seen = changes;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };

  const { now, monotonic } = mock.clock;
  const advance = async (by: Parameters<Mock['clock']['advance']>[0]): Promise<void> => {
    const end = monotonic() + milliseconds(by, 'clock.advance');
    do {
      await rest();
      const next = Math.min(end, ...[...sleeping].map(({ due }) => due));
      await mock.clock.advance(Math.max(0, Math.ceil(next - monotonic())));
    } while (monotonic() < end);
    await rest();
  };

  return {
    clock: {
      now,
      monotonic,
      async sleep(ms, signal) {
        const sleeper = { due: monotonic() + ms };
        sleeping.add(sleeper);
        changes += 1;
        try {
          await mock.clock.sleep(ms, signal);
        } finally {
          sleeping.delete(sleeper);
          changes += 1;
        }
      },
      advance,
    },
    async fetch(input, init) {
      const request = {};
      underway.add(request);
      try {
        return await mock.fetch(input, init);
      } finally {
        // There still, it has ended without arriving.
        underway.delete(request);
        changes += 1;
      }
    },
  };
}
