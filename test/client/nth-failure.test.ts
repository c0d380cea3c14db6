import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CallFault, faultyJournal, type JournalCall } from '../support/faulty-journal.ts';
import { broken, finishAll, STORIES, type Story, stage } from '../support/stories.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => {
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

/** Worlds that are told side by side: most of their time is waiting. */
const SIDE_BY_SIDE = 12;

interface Plan {
  readonly at: number;
  readonly fault: CallFault;
  readonly lasting: boolean;
  /** The program goes on, and another process finds its operations; else it has ended in between. */
  readonly lives: boolean;
}

/** One telling of the story with one fault. Says what was broken, and whether the fault was met at all. */
async function tell(
  story: Story,
  { at, fault, lasting, lives }: Plan,
): Promise<{ met?: JournalCall; found: string[] }> {
  let met: JournalCall | undefined;
  let healed = false;
  const scene = stage(story, (world, options) =>
    world.client(
      faultyJournal(
        world.inner,
        (call) => {
          if (healed || (lasting ? call.number < at : call.number !== at)) return undefined;
          met ??= call;
          return fault;
        },
        () => Promise.reject(new Error('disk full')),
      ),
      options,
    ),
  );
  const started = performance.now();
  await story.run(scene);
  // A caller waits 2 s at most; twice in a row would be too long. The other worlds and whatever else runs here take their share of the time.
  const found = performance.now() - started > 3_900 ? ['I10: it took too long'] : [];
  healed = true;
  if (!lives) await scene.client.close({ timeout: 0 });
  const next = scene.world.client(scene.world.inner);
  await finishAll(next);
  await next.close({ timeout: 0 });
  await scene.client.close({ timeout: 0 });
  found.push(...(await broken(scene)));
  return { ...(met && { met }), found };
}

/** Strikes the first call, the second, and so on, until there is none left to strike. */
async function tellUntilUnmet(
  story: Story,
  kind: Omit<Plan, 'at'>,
): Promise<{ failures: string[]; unmet: { at: number; found: string[] } }> {
  const failures: string[] = [];
  for (let first = 1; ; first += SIDE_BY_SIDE) {
    const places = Array.from({ length: SIDE_BY_SIDE }, (_, offset) => first + offset);
    const told = await Promise.all(places.map(async (at) => ({ at, ...(await tell(story, { ...kind, at })) })));
    for (const { met, found } of told) {
      if (met !== undefined && found.length > 0)
        failures.push(`${met.number} ${met.method} ${met.what}${kind.lives ? ', lives' : ''}: ${found.join('; ')}`);
    }
    const unmet = told.find(({ met }) => met === undefined);
    if (unmet !== undefined) return { failures, unmet };
  }
}

describe.each(STORIES)('$name', (story) => {
  test.each([
    { fault: 'before', lasting: false },
    { fault: 'after', lasting: false },
    { fault: 'before', lasting: true },
    { fault: 'after', lasting: true },
  ] as const)('the n-th journal call fails: $fault, lasting: $lasting', async (kind) => {
    const both = await Promise.all([false, true].map((lives) => tellUntilUnmet(story, { ...kind, lives })));
    for (const { unmet } of both) {
      // Past the last call: nothing was struck, and nothing may be wrong.
      expect(unmet.found).toEqual([]);
      expect(unmet.at).toBeGreaterThan(2);
    }
    expect(both.flatMap(({ failures }) => failures)).toEqual([]);
  });
});
