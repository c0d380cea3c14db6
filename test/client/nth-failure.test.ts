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
  const found = performance.now() - started > 3_000 ? ['I10: it took too long'] : [];
  healed = true;
  if (!lives) await scene.client.close({ timeout: 0 });
  const next = scene.world.client(scene.world.inner);
  await finishAll(next);
  await next.close({ timeout: 0 });
  await scene.client.close({ timeout: 0 });
  found.push(...(await broken(scene)));
  return { ...(met && { met }), found };
}

describe.each(STORIES)('$name', (story) => {
  test.each([
    { fault: 'before', lasting: false },
    { fault: 'after', lasting: false },
    { fault: 'before', lasting: true },
    { fault: 'after', lasting: true },
  ] as const)('the n-th journal call fails: $fault, lasting: $lasting', async (kind) => {
    const failures: string[] = [];
    for (const lives of [false, true]) {
      for (let at = 1; ; at++) {
        const { met, found } = await tell(story, { ...kind, at, lives });
        if (met === undefined) {
          // Past the last call: nothing was struck, and nothing may be wrong.
          expect({ at, found }).toEqual({ at, found: [] });
          expect(at).toBeGreaterThan(2);
          break;
        }
        if (found.length > 0)
          failures.push(`${met.number} ${met.method} ${met.what}${lives ? ', lives' : ''}: ${found.join('; ')}`);
      }
    }
    expect(failures).toEqual([]);
  });
});
