import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { type JournalArguments, journalArguments } from '../../src/cli/journal-options.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import { type CallOptions, type Client, type ClientOptions, createClient, type Outcome } from '../../src/index.node.ts';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { nodeClock } from '../../src/node/clock.ts';
import { fileJournal } from '../../src/node.ts';
import { ietf } from '../../src/profiles/index.ts';

export const HOUR = 3_600_000;

// Every command is a process of its own, and other tests run beside it.
vi.setConfig({ testTimeout: 120_000 });

/** What a command line says, where it says something. */
export function readArguments(...argv: readonly string[]): JournalArguments {
  const given = journalArguments(argv, Date.now());
  if (typeof given === 'string') throw new Error(`${argv.join(' ')} asks for ${given}`);
  return given;
}

/** A journal directory, and clients that write it against a server of their own. */
export interface JournalWorld {
  readonly directory: string;
  readonly mock: Mock;
  /** `ago`: how far its clock is behind, so that what it wrote is old by now. */
  client(options?: Partial<ClientOptions>, ago?: number): Client;
  /** Charges under that name with a client that is closed afterwards. */
  charge(once: CallOptions['once'], options?: Partial<ClientOptions>, ago?: number): Promise<Outcome>;
  /** Loses the answer, and may not ask again. */
  doubt(once: CallOptions['once'], options?: Partial<ClientOptions>, ago?: number): Promise<Outcome>;
  records(): Promise<readonly OperationRecord[]>;
  record(id: string): Promise<OperationRecord>;
}

/** The server charges what it is asked to, and declines an amount of 402. */
export async function journalWorld(): Promise<JournalWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-cli-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const mock = createMock({
    routes: {
      'POST /charges': ({ json }) =>
        (json as { amount?: number }).amount === 402
          ? Response.json({ declined: true }, { status: 402 })
          : Response.json({ charged: json }, { status: 201 }),
    },
  });
  const client: JournalWorld['client'] = (options = {}, ago = 0) =>
    createClient({
      baseUrl: 'https://pay.example/',
      name: 'shop',
      owner: 'alice',
      profile: ietf({ keyLifetime: '24h' }),
      journal: fileJournal(directory),
      fetch: mock.fetch,
      retry: { limit: 1 },
      clock: { ...nodeClock, now: () => Date.now() - ago },
      ...options,
    });
  const charge: JournalWorld['charge'] = async (once, options, ago) => {
    const one = client(options, ago);
    const json = { amount: String(once) === 'declined' ? 402 : 1 };
    const outcome = await one.post('charges', { once, json }).outcome();
    await one.close();
    return outcome;
  };
  const records: JournalWorld['records'] = async () => {
    const journal = fileJournal(directory);
    const { records: all } = await journal.list('');
    await journal.close();
    return all.filter((record): record is OperationRecord => record.fixed.kind === 'operation');
  };
  return {
    directory,
    mock,
    client,
    charge,
    doubt(once, options, ago) {
      mock.fail('reset-after');
      return charge(once, options, ago);
    },
    records,
    async record(id) {
      const found = (await records()).find(({ fixed }) => fixed.id === id);
      if (found === undefined) throw new Error(`${id} is not in the journal`);
      return found;
    },
  };
}
