import { describe, expect, test } from 'vitest';
import { faultyJournal } from '../support/faulty-journal.ts';
import { broken, finishAll, STORIES, type Story, stage } from '../support/stories.ts';

/** What never answers again: the process is gone. */
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** The living clients of this process, as the Node platform keeps them. */
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');

interface Crash {
  /** The n-th step, journal calls and requests counted together. */
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** Plays the story until the process dies at that step; another one finds its journal. Says at which step it died, if it did. */
async function crash(story: Story, { at, when }: Crash): Promise<{ died?: string; found: string[] }> {
  let died: string | undefined;
  let steps = 0;
  let death: (() => void) | undefined;
  const dead = new Promise<void>((resolve) => {
    death = resolve;
  });
  const die = <T>(what: string): Promise<T> => {
    died ??= what;
    death?.();
    return never();
  };
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    if (died !== undefined) return never();
    const number = ++steps;
    if (number === at && when === 'before') return die(`before ${number} ${what}`);
    const result = await work().then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    if (died !== undefined) return never();
    return number === at ? die(`after ${number} ${what}`) : result();
  };
  const scene = stage(story, (world, options) => {
    const inner = world.inner;
    const journal = faultyJournal(
      {
        ...inner,
        claim: (record) => step('claim', () => inner.claim(record)),
        update: (identity, change, how) =>
          step(`update ${change.state.state}`, () => inner.update(identity, change, how)),
        get: (identity) => step('get', () => inner.get(identity)),
        list: (prefix, how) => step('list', () => inner.list(prefix, how)),
        remove: (identity, revision) => step('remove', () => inner.remove(identity, revision)),
      },
      () => undefined,
      never,
    );
    return world.client(journal, { ...options, fetch: (input, init) => step('fetch', () => world.fetch(input, init)) });
  });
  await Promise.race([story.run(scene), dead]);
  if (died === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  // Told in the same turn is told in time: the death of an acknowledgement, which is in the background, stops no microtask.
  else await new Promise((resolve) => setImmediate(resolve));
  for (const { state } of await scene.world.records()) {
    (globalThis as { [REGISTRY]?: Set<string> })[REGISTRY]?.delete(state.driver?.nonce ?? '');
  }
  const heard = scene.heard.length;
  const next = scene.world.client(scene.world.inner, story.options?.() ?? {});
  const outcomes = await finishAll(next);
  await next.close({ timeout: 0 });
  const found = await broken(scene);
  if (scene.heard.length !== heard) found.push('the dead were told something');
  // What was executed is either told, or in doubt; what is in doubt never says none.
  for (const { status, effect } of outcomes) {
    if (status === 'in-doubt' && effect !== 'possible') found.push(`I7: ${status} ${effect}`);
  }
  return { ...(died && { died }), found };
}

describe.each(STORIES)('$name', (story) => {
  test.each(['before', 'after'] as const)('the process dies %s its n-th step', async (when) => {
    const failures: string[] = [];
    for (let at = 1; ; at++) {
      const { died, found } = await crash(story, { at, when });
      if (died === undefined) {
        expect({ at, found }).toEqual({ at, found: [] });
        expect(at).toBeGreaterThan(3);
        break;
      }
      if (found.length > 0) failures.push(`${died}: ${found.join('; ')}`);
    }
    expect(failures).toEqual([]);
  });
});
