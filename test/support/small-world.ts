import type { Journal } from '../../src/core/journal.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import { type Client, type ClientOptions, createClient } from '../../src/index.node.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { createMock, type Fault, type Mock } from '../../src/mock/index.ts';
import { ietf } from '../../src/profiles/index.ts';

/** A request as it left, and what the journal had of it at that moment. */
export interface Sent {
  readonly key: string;
  readonly bytes: string;
  /** The stored record had this key and its dispatch mark. */
  readonly durable: boolean;
}

/** A server and a journal in this process, small enough to be made anew for every single fault. */
export interface SmallWorld {
  readonly mock: Mock;
  readonly inner: Journal;
  readonly sent: Sent[];
  /** The way to the server, which notes what passes. */
  readonly fetch: typeof globalThis.fetch;
  client(journal: Journal, options?: Partial<ClientOptions>): Client;
  records(): Promise<readonly OperationRecord[]>;
}

/** Its server answers POST /charges with what was charged. */
export function smallWorld(...plan: Fault[]): SmallWorld {
  const mock = createMock({
    inProgress: 'wait',
    // Credentials are renewed here, and stay one customer's.
    tenant: () => 'one',
    routes: { 'POST /charges': ({ json }) => Response.json({ charged: json }, { status: 201 }) },
  });
  mock.fail(...plan);
  const inner = memoryJournal();
  const sent: Sent[] = [];
  const records = async (): Promise<readonly OperationRecord[]> => {
    const { records: all } = await inner.list('');
    return all.filter((record): record is OperationRecord => record.fixed.kind === 'operation');
  };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const key = request.headers.get('idempotency-key') ?? '';
    const stored = (await records()).find(({ fixed }) => fixed.key === key);
    const headers = [...request.headers].filter(([name]) => name !== 'authorization');
    const bytes = JSON.stringify([request.method, request.url, headers, await request.clone().text()]);
    sent.push({
      key,
      bytes,
      durable: stored?.state.dispatchedAt !== undefined,
    });
    return mock.fetch(request);
  };
  return {
    mock,
    inner,
    sent,
    fetch,
    records,
    client: (journal, options = {}) =>
      createClient({
        baseUrl: 'https://pay.example',
        name: 'shop',
        owner: 'alice',
        profile: ietf({ keyLifetime: '24h' }),
        journal,
        retry: { baseDelay: 1, maxDelay: 2 },
        attemptTimeout: 200,
        waitTimeout: 2_000,
        fetch,
        ...options,
      }),
  };
}
