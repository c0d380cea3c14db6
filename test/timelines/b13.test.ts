import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, type Run, type RunOptions, settable, told } from './support/world.ts';

const HOUR = 3_600_000;

interface Scene {
  readonly run: Run;
  readonly clock: ReturnType<typeof settable>;
  readonly session: { user: string };
}

/** What happens while the token is fetched, and what the caller is told. */
const MEANWHILE: Readonly<Record<string, readonly [happen: (scene: Scene) => unknown, told: string]>> = {
  'the lid is closed for 23 hours': [({ clock }) => clock.set(23 * HOUR), 'InDoubtError IN_DOUBT possible key-expired'],
  'the clock is set back by an hour': [({ clock }) => clock.set(-HOUR), 'InDoubtError IN_DOUBT possible clock'],
  'somebody else signs in': [
    ({ session }) => {
      session.user = 'bob';
    },
    'StillPendingError STILL_PENDING possible other-owner',
  ],
  'it is discarded': [
    ({ run }) => run.client.operations.discard('cart/1', { evenIfPossiblySent: true }),
    'DiscardedError DISCARDED possible',
  ],
  'the client is closed': [
    ({ run }) => run.client.close({ timeout: 0 }),
    'StillPendingError STILL_PENDING possible interrupted',
  ],
};

/** A charge was made and its answer lost. The second attempt waits for its token; `late` counts calls of fetch after it has happened. */
async function waitingForToken(kind: (typeof JOURNALS)[number], options: RunOptions = {}) {
  const world = await makeWorld(kind);
  world.server.script({ answer: 'reset' });
  const session = { user: 'alice' };
  const clock = settable(world.clock);
  const asked = Promise.withResolvers<void>();
  const token = Promise.withResolvers<void>();
  const seen = { happened: false, sends: 0, late: 0 };
  const run = world.run({
    ...options,
    clock,
    owner: () => session.user,
    authorize: async ({ attempt }) => {
      if (attempt === 2) {
        asked.resolve();
        await token.promise;
      }
      return { authorization: 'Bearer x' };
    },
    fetch: (input, init) => {
      seen.sends += 1;
      if (seen.happened) seen.late += 1;
      return globalThis.fetch(input, init);
    },
  });
  const call = told(charge(run.client, 'cart/1', 5));
  await asked.promise;
  return { world, scene: { run, clock, session }, seen, call, giveToken: token.resolve };
}

/** What takes hold at once, and does not wait for a journal. */
const AT_ONCE = Object.entries(MEANWHILE).filter(([what]) => what !== 'it is discarded');

describe.each(JOURNALS)('%s', (kind) => {
  test.each(Object.entries(MEANWHILE))(
    'B13: while the token is fetched, %s: the attempt that had passed every check does not leave',
    async (_, [happen, expected]) => {
      const { world, scene, seen, call, giveToken } = await waitingForToken(kind);
      await happen(scene);
      seen.happened = true;
      giveToken();
      expect(await call).toBe(expected);
      expect(seen.late).toBe(0);
      expect(world.server.arrivals).toHaveLength(1);
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test.each([
    [19, '201 {"charge":1}', 2],
    [20, 'InDoubtError IN_DOUBT possible key-expired', 1],
  ] as const)(
    'B13: an attempt may take two hours, and 21.6 of 24 are safe: asleep for %d hours: %s',
    async (hours, expected, sends) => {
      const { scene, seen, call, giveToken } = await waitingForToken(kind, { attemptTimeout: '2h' });
      scene.clock.set(hours * HOUR);
      giveToken();
      expect(await call).toBe(expected);
      expect(seen.sends).toBe(sends);
    },
  );

  test.each(AT_ONCE)(
    'B13: at any turn between the token and the send, %s: nothing leaves after it',
    async (_, [happen]) => {
      const sends = new Set<number>();
      for (let turns = 0; turns < 30; turns++) {
        const { world, scene, seen, call, giveToken } = await waitingForToken(kind);
        giveToken();
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        const happening = happen(scene);
        seen.happened = true;
        await Promise.all([happening, call]);
        expect(seen.late, `after ${turns} turns`).toBe(0);
        expect(world.server.charges).toHaveLength(1);
        sends.add(seen.sends);
      }
      // Both sides of the gate were met: before the second send, and after it.
      expect(sends).toEqual(new Set([1, 2]));
    },
  );

  test('B13: a discard that ends at any turn between the token and the send: nothing leaves after it', async () => {
    for (let turns = 0; turns < 30; turns++) {
      const { world, scene, seen, call, giveToken } = await waitingForToken(kind);
      const discarded = scene.run.client.operations.discard('cart/1', { evenIfPossiblySent: true }).then(() => {
        seen.happened = true;
      });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      giveToken();
      await Promise.all([discarded, call]);
      expect(seen.late, `after ${turns} turns`).toBe(0);
      expect(world.server.charges).toHaveLength(1);
    }
  });
});
