import { createMock } from '../../../src/mock/create-mock.ts';
import { listen } from '../../../src/mock/node.ts';
import type { FaultKind, LedgerEntry, LogLine } from '../../../src/mock/types.ts';

/** How the answer is kept outstanding while a process dies.
 *  `lose-response`: executed and stored, the answer lost. `held`: the handler is still running. `stall`: arrived, never executed. */
export type Strike = 'lose-response' | 'held' | 'stall';

/** The server of one world: a mock on a real port, with a charge for each name. */
export interface Bank {
  readonly url: string;
  /** The n-th request from now meets `strike`, and those before it too: `struck` resolves when it has. `release` lets held handlers end. */
  strike(strike: Strike, nth: number): { readonly struck: Promise<void>; release(): void };
  /** Ordinary trouble for the next request. */
  trouble(fault: FaultKind): void;
  /** How often a request for this name came in. */
  hits(name: string): number;
  /** How often the name was charged. */
  effects(name: string): number;
  /** Keys under which the name was charged. */
  keys(name: string): readonly string[];
  /** The one body every process must be given for this name. */
  answer(name: string): string | undefined;
  ledger(): readonly LedgerEntry[];
  close(): Promise<void>;
}

export async function openBank(): Promise<Bank> {
  const hits = new Map<string, number>();
  const answers = new Map<string, string>();
  let struck: { readonly by: Strike; left: number; tell(): void } | undefined;
  let holding: Promise<void> | undefined;
  const releases: (() => void)[] = [];
  const count = (by: Strike) => {
    if (struck?.by !== by) return;
    struck.left -= 1;
    if (struck.left === 0) struck.tell();
  };
  const mock = createMock({
    log: (line) => {
      const name = nameIn(line);
      hits.set(name, (hits.get(name) ?? 0) + 1);
      if (line.fault === 'lose-response' || line.fault === 'stall') count(line.fault);
    },
    routes: {
      'POST /charges/:name': async ({ params: { name = '' } }) => {
        count('held');
        await holding;
        const body = JSON.stringify({ id: `ch_${answers.size + 1}`, name });
        answers.set(name, body);
        return new Response(body, { status: 201, headers: { 'content-type': 'application/json' } });
      },
    },
  });
  const listening = await listen(mock);
  const charges = (name: string) => mock.effects().filter(({ body }) => (body as { name?: string }).name === name);
  return {
    url: listening.url,
    strike(by, nth) {
      const hit = Promise.withResolvers<void>();
      struck = { by, left: nth, tell: hit.resolve };
      const over = Promise.withResolvers<void>();
      if (by === 'held') holding = over.promise;
      else mock.fail(...Array.from({ length: nth }, () => by));
      const release = () => {
        over.resolve();
        if (holding === over.promise) holding = undefined;
      };
      releases.push(release);
      return { struck: hit.promise, release };
    },
    trouble: (fault) => mock.fail(fault),
    hits: (name) => hits.get(name) ?? 0,
    effects: (name) => charges(name).length,
    keys: (name) => [...new Set(charges(name).map(({ key = '' }) => key))],
    answer: (name) => answers.get(name),
    ledger: () => mock.ledger(),
    close() {
      for (const release of releases) release();
      return listening.close();
    },
  };
}

function nameIn({ path }: LogLine): string {
  return path.split('/').at(-1) ?? '';
}
