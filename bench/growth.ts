import { type Child, startChild } from './child.ts';
import type { Filling, Opened } from './journal-child.ts';
import type { Place } from './place.ts';
import { median, pairedRatio } from './statistics.ts';

/** How long it takes to open one filled journal. */
export interface ReopenRow {
  readonly tombstones: number;
  readonly pending: number;
  readonly finished: number;
  /** Bytes in the answer of each finished one. */
  readonly bodyBytes: number;
  readonly openMs: number;
  /** The same until what is pending has been listed. */
  readonly listMs: number;
}

export interface Reopened {
  readonly rows: readonly ReopenRow[];
  /** The one with the goal. */
  readonly goal: ReopenRow;
  /** Cost of a tombstone among the most against among the fewest: 1 is linear. */
  readonly linearity: number;
  /** With 16 KiB in each finished answer against 64 bytes. */
  readonly bodies: number;
}

type Cell = Pick<ReopenRow, 'tombstones' | 'pending' | 'finished' | 'bodyBytes'>;

/** Opens journals of several sizes in fresh processes, in turn. */
export async function reopening(place: Place, quick: boolean): Promise<Reopened> {
  const scale = quick ? 100 : 1;
  const cell = (tombstones: number, pending: number, finished = 0, bodyBytes = 0): Cell => ({
    tombstones: tombstones / scale,
    pending: pending / scale,
    finished: finished / scale,
    bodyBytes,
  });
  const cells = [
    cell(0, 0),
    cell(50_000, 0),
    cell(200_000, 0),
    cell(100_000, 10_000),
    cell(0, 0, 5_000, 64),
    cell(0, 0, 5_000, 16_384),
  ];
  const directories = cells.map(() => place.directory());
  for (const [at, each] of cells.entries()) await filled(directories[at] ?? '', each);
  const times: Opened[][] = cells.map(() => []);
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const [at] of cells.entries()) times[at]?.push(await openedOnce(directories[at] ?? ''));
  }
  const rows = cells.map((each, at) => ({
    ...each,
    openMs: median((times[at] ?? []).map(({ openMs }) => openMs)),
    listMs: median((times[at] ?? []).map(({ listMs }) => listMs)),
  }));
  const [empty, some, most, goal, small, large] = rows as [
    ReopenRow,
    ReopenRow,
    ReopenRow,
    ReopenRow,
    ReopenRow,
    ReopenRow,
  ];
  const perTombstone = (row: ReopenRow) => (row.openMs - empty.openMs) / row.tombstones;
  return { rows, goal, linearity: perTombstone(most) / perTombstone(some), bodies: large.openMs / small.openMs };
}

async function filled(
  directory: string,
  { tombstones, pending = 0, finished = 0, bodyBytes = 0 }: Pick<Cell, 'tombstones'> & Partial<Cell>,
): Promise<void> {
  const filling: Filling = { directory, tombstones, pending, finished: { count: finished, bytes: bodyBytes } };
  const child = startChild('journal-child.ts');
  await child.call('fill', filling);
  await child.end();
}

async function openedOnce(directory: string): Promise<Opened> {
  const child = startChild('journal-child.ts');
  const opened = await child.call<Opened>('open', directory);
  await child.call('close');
  await child.end();
  return opened;
}

/** How long a claim takes with much stored, against an empty journal, claim by claim in turn. */
export async function latencyWithMuchStored(
  place: Place,
  quick: boolean,
): Promise<{ ratio: number; emptyMs: number; fullMs: number }> {
  const stored = quick ? 1_000 : 100_000;
  const fullPlace = place.directory();
  await filled(fullPlace, { tombstones: stored });
  const [empty, full] = [startChild('journal-child.ts'), startChild('journal-child.ts')] as const;
  await empty.call('open', place.directory());
  await full.call('open', fullPlace);
  const times: [number[], number[]] = [[], []];
  const slice = async (child: Child, at: 0 | 1, keep: boolean) => {
    const time = await child.call<number>('latency', quick ? 5 : 40);
    if (keep) times[at].push(time);
  };
  for (let round = -3; round < (quick ? 2 : 40); round++) {
    const turn = [
      [empty, 0],
      [full, 1],
    ] as const;
    for (const [child, at] of round % 2 === 0 ? turn : turn.toReversed()) await slice(child, at, round >= 0);
  }
  for (const child of [empty, full]) {
    await child.call('close');
    await child.end();
  }
  return { ratio: pairedRatio(times[1], times[0]), emptyMs: median(times[0]), fullMs: median(times[1]) };
}

/** Bytes a tombstone takes in the memory of a process that has the journal open. */
export async function heapPerTombstone(place: Place, quick: boolean): Promise<number> {
  const tombstones = quick ? 1_000 : 100_000;
  const directory = place.directory();
  await filled(directory, { tombstones });
  const bytes: number[] = [];
  for (const each of [place.directory(), directory]) {
    const child = startChild('journal-child.ts', { execArgv: ['--expose-gc'] });
    await child.call('open', each);
    bytes.push(await child.call<number>('heap'));
    await child.end();
  }
  return ((bytes[1] ?? Number.NaN) - (bytes[0] ?? Number.NaN)) / tombstones;
}
