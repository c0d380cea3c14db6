import { type Child, startChild } from './child.ts';
import type { Place } from './place.ts';
import { median, pairedRatio, sum } from './statistics.ts';
import type { Slice, SliceInput } from './store-child.ts';
import { STORES, type StoreName } from './stores/all.ts';

export const CALLERS = [1, 16, 256] as const;

/** What one store did with so many callers at once. */
export interface DurableRow {
  readonly store: StoreName;
  readonly label: string;
  readonly callers: number;
  readonly perSecond: number;
  /** Operations a second against the bare loop's, slice by slice. */
  readonly ratio: number;
  /** And the file journal's against this one's. */
  readonly oursAgainst: number;
  readonly cpu: number;
  readonly flushes: number | undefined;
  readonly bytes: number | undefined;
  readonly dirtied: number | undefined;
}

/** Stores whose ratios are goals get more slices. */
const JUDGED: ReadonlySet<StoreName> = new Set(['bare loop', 'file journal', 'lmdb', 'sqlite grouped']);

/** All stores in turn, a slice of time each, round after round: what a slow moment does to one, it does to all. */
export async function durableClaims(place: Place, quick: boolean): Promise<DurableRow[]> {
  const rows: DurableRow[] = [];
  for (const callers of CALLERS) rows.push(...(await withCallers(callers, place, quick)));
  return rows;
}

async function withCallers(callers: number, place: Place, quick: boolean): Promise<DurableRow[]> {
  const rounds = quick ? 1 : 15;
  const input: SliceInput = { callers, ms: quick ? 30 : 150, kind: 'put' };
  const names = Object.keys(STORES) as StoreName[];
  const children = new Map<StoreName, Child>();
  const slices = new Map<StoreName, Slice[]>(names.map((name) => [name, []]));
  try {
    for (const name of names) children.set(name, await opened(name, place));
    // The first two rounds warm up: compilers, caches, the first extents of each file.
    for (let round = quick ? 0 : -2; round < rounds; round++) {
      const order = round % 2 === 0 ? names : names.toReversed();
      for (const name of order) {
        if (!JUDGED.has(name) && round % 3 !== 0 && round >= 0) continue;
        const slice = await children.get(name)?.call<Slice>('slice', input);
        if (slice !== undefined && round >= 0) slices.get(name)?.push(slice);
      }
    }
  } finally {
    await Promise.all([...children.values()].map(ended));
  }
  return names.map((name) => rowOf(name, callers, slices));
}

async function opened(name: StoreName, place: Place): Promise<Child> {
  const child = startChild('store-child.ts');
  await child.call('open', { name, directory: place.directory() });
  return child;
}

async function ended(child: Child): Promise<void> {
  await child.call('close').catch(() => undefined);
  await child.end();
}

function rowOf(store: StoreName, callers: number, slices: ReadonlyMap<StoreName, readonly Slice[]>): DurableRow {
  const speeds = (name: StoreName) => (slices.get(name) ?? []).map(({ operations, ms }) => (operations * 1000) / ms);
  const own = slices.get(store) ?? [];
  const operations = sum(own.map((slice) => slice.operations));
  // Every third slice of the stores that are only shown: against the floor of the same rounds.
  const step = JUDGED.has(store) ? 1 : 3;
  const beside = (name: StoreName) => speeds(name).filter((_, at) => at % (JUDGED.has(name) ? step : 1) === 0);
  const per = (values: readonly (number | undefined)[]) =>
    values.some((value) => value === undefined) ? undefined : sum(values as number[]) / operations;
  return {
    store,
    label: STORES[store].label,
    callers,
    perSecond: median(speeds(store)),
    ratio: pairedRatio(speeds(store), beside('bare loop')),
    oursAgainst: pairedRatio(beside('file journal'), speeds(store)),
    cpu: sum(own.map((slice) => slice.cpu)) / operations,
    flushes: per(own.map((slice) => slice.flushes)),
    bytes: per(own.map((slice) => slice.bytes)),
    dirtied: per(own.map((slice) => slice.dirtied)),
  };
}

/** Bytes that a claim and its finish write, by the journal's own calls. */
export async function bytesPerOperation(place: Place, quick: boolean): Promise<number> {
  const child = await opened('file journal', place);
  try {
    const input: SliceInput = { callers: 256, ms: quick ? 50 : 500, kind: 'operation' };
    const { bytes = Number.NaN, operations } = await child.call<Slice>('slice', input);
    return bytes / operations;
  } finally {
    await ended(child);
  }
}
