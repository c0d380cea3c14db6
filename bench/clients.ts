import { type Child, startChild } from './child.ts';
import type { Batch, BatchInput } from './client-child.ts';
import { type ClientName, YARDSTICK } from './client-contenders.ts';
import { median, pairedRatio } from './statistics.ts';

export interface ClientRow {
  readonly name: ClientName;
  readonly cpuUs: number;
  readonly wallUs: number;
  /** CPU against p-retry + ky + uuid, batch by batch. */
  readonly cpuRatio: number;
  readonly wallRatio: number;
}

/** All clients over a fetch that answers at once: what is left is their own work. */
export async function clientOverhead(quick: boolean): Promise<ClientRow[]> {
  const child = startChild('client-child.ts');
  try {
    return await interleaved(child, undefined, { calls: quick ? 50 : 500, callers: 1, rounds: quick ? 2 : 24 });
  } finally {
    await child.end();
  }
}

/** The same over sockets to a server in another process, several calls at once; with got, which has sockets only. */
export async function overLoopback(quick: boolean): Promise<ClientRow[]> {
  const [server, child] = [startChild('client-child.ts'), startChild('client-child.ts')] as const;
  try {
    const url = await server.call<string>('listen');
    return await interleaved(child, url, { calls: quick ? 32 : 320, callers: 16, rounds: quick ? 2 : 12 });
  } finally {
    await child.end();
    await server.end();
  }
}

async function interleaved(
  child: Child,
  url: string | undefined,
  { calls, callers, rounds }: { readonly calls: number; readonly callers: number; readonly rounds: number },
): Promise<ClientRow[]> {
  const names = await child.call<ClientName[]>('prepare', url);
  const batches = new Map<ClientName, Batch[]>(names.map((name) => [name, []]));
  for (let round = -4; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const input: BatchInput = { name, calls, callers };
      const batch = await child.call<Batch>('batch', input);
      if (round >= 0) batches.get(name)?.push(batch);
    }
  }
  const column = (name: ClientName, of: keyof Batch) => (batches.get(name) ?? []).map((batch) => batch[of]);
  return names.map((name) => ({
    name,
    cpuUs: median(column(name, 'cpuUs')),
    wallUs: median(column(name, 'wallUs')),
    cpuRatio: pairedRatio(column(name, 'cpuUs'), column(YARDSTICK, 'cpuUs')),
    wallRatio: pairedRatio(column(name, 'wallUs'), column(YARDSTICK, 'wallUs')),
  }));
}

/** Bytes a finished operation leaves in the client. */
export async function heapPerOperation(quick: boolean): Promise<number> {
  const child = startChild('client-child.ts', { execArgv: ['--expose-gc'] });
  try {
    return await child.call<number>('retained', quick ? 500 : 100_000);
  } finally {
    await child.end();
  }
}
