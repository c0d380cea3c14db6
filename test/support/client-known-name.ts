import type { Client } from '../../src/core/types.ts';
import { type Case, expectSame, inWorld } from './client-case.ts';
import { moreCases } from './client-known-name-more.ts';
import { ROWS, type Row, type Told } from './client-known-name-rows.ts';
import { charge, type Platform, told, toldOutcome, toldRecord, type World } from './client-world.ts';

/** Every row of "what a call with a name gets" (design section 4), for the client that made the record and for one that found it. */
export function walk(platform: Platform): readonly Case[] {
  const rows = ROWS.flatMap((row) =>
    (['the same client', 'a restarted client'] as const).flatMap((by) =>
      cellsOf(row).map((cell) => caseOf(platform, { row, by, cell })),
    ),
  );
  return [...rows, ...moreCases(platform)];
}

interface Cell {
  readonly request: 'same' | 'other';
  readonly retryRejected: boolean;
  readonly expected: Told;
}

function cellsOf(row: Row): readonly Cell[] {
  return [
    { request: 'same', retryRejected: false, expected: row.same },
    { request: 'same', retryRejected: true, expected: row.retried ?? row.same },
    { request: 'other', retryRejected: false, expected: row.other },
  ];
}

function caseOf(
  platform: Platform,
  { row, by, cell }: { readonly row: Row; readonly by: 'the same client' | 'a restarted client'; readonly cell: Cell },
): Case {
  const { request, retryRejected } = cell;
  const expected =
    by === 'a restarted client' && row.restarted
      ? { ...cell.expected, ...row.restarted(cell.expected) }
      : cell.expected;
  return {
    name: `${row.name}: ${request} request${retryRejected ? ' with retryRejected' : ''}, ${by}`,
    run: () =>
      inWorld(platform, async (world) => {
        const first = await row.arrange(world);
        const client = by === 'the same client' ? first : await world.restart(first);
        await row.before?.(world);
        const observed = await observe(world, client, cell);
        expectSame(observed, expected);
      }),
  };
}

/** Calls once more, asks for both views of the answer, and looks at the server and into the journal. */
async function observe(world: World, client: Client, { request, retryRejected }: Cell): Promise<Told> {
  const before = world.requests();
  const known = new Set(world.mock.ledger().map(({ key }) => key));
  const call = charge(client, 'cart/1', request === 'same' ? 1 : 2, { retryRejected, waitTimeout: 5_000 });
  const views = Promise.all([told(call), toldOutcome(call.outcome())]);
  // A request that is held is held for the first caller too: long enough for a second send to show.
  setTimeout(world.release, 60);
  const [gets, outcome] = await views;
  return {
    gets,
    outcome,
    sends: world.requests() - before > 0,
    newKeys: world.mock.ledger().filter(({ key }) => !known.has(key)).length,
    effects: world.mock.effects().length,
    record: await world.record('cart/1').then(toldRecord, (error: { reason?: string }) => `unreadable ${error.reason}`),
  };
}
