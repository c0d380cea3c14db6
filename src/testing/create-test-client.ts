import { assembleClient } from '../core/client.ts';
import type { Client, ClientOptions } from '../core/types.ts';
import { memoryJournal } from '../journal/memory-journal.ts';
import { createMock } from '../mock/create-mock.ts';
import type { Mock } from '../mock/types.ts';
import { ietf } from '../profiles/ietf.ts';
import { crash } from './crash.ts';
import { testClock } from './test-clock.ts';
import { testPlatform } from './test-platform.ts';

/** Options of createClient, without those that the test client is made of. */
export interface TestClientOptions extends Omit<Partial<ClientOptions>, 'fetch' | 'clock' | 'random' | 'locks'> {
  /** @default createMock({ profile }): every POST answers 201 with an id */
  mock?: Mock;
}

/** A client, its server and their time, in one process and without a socket. */
export interface TestClient {
  readonly client: Client;
  readonly mock: Mock;
  /** Real time plus what `advance` added. `advance` lets client and mock come to rest first, wakes each sleeper at its time, and resolves when both have
   *  come as far as they can. */
  readonly clock: Mock['clock'];
  /** Crashes the latest client and makes another one on the same journal, with `changes` to its options. What is unfinished goes on once somebody
   *  calls `operations.resume()`, as an application does when it starts. */
  restart(changes?: Omit<TestClientOptions, 'mock' | 'journal'>): Promise<Client>;
}

/** A client with a journal in memory, on the clock of its mock: for tests of what your code does when answers are lost and processes die. Its backoff
 *  begins at 10 ms instead of 500; everything else is as `createClient` has it.
 *
 *  @example
 *  const { client, mock, clock, restart } = createTestClient();
 *  mock.fail('lose-response');
 *  const paid = client.post('/charges', { once: ['cart', '8f3'], json: { amount: 1999 } });
 *  await clock.advance('1m');
 *  expect((await paid).status).toBe(201);
 *  expect(mock).toHaveExecutedOnce();
 */
export function createTestClient(options: TestClientOptions = {}): TestClient {
  const { mock: given, ...own } = options;
  const profile = own.profile ?? ietf({ keyLifetime: '24h' });
  const mock = given ?? createMock({ profile });
  const time = testClock(mock);
  const journal = own.journal ?? memoryJournal();
  const make = (changes: Omit<TestClientOptions, 'mock'>): Client =>
    assembleClient(
      {
        baseUrl: mock.baseUrl ?? 'https://api.test/',
        retry: { baseDelay: 10 },
        ...own,
        ...changes,
        profile: changes.profile ?? profile,
        journal,
      },
      testPlatform(time),
    );
  const client = make({});
  let latest = client;
  return {
    client,
    mock,
    clock: time.clock,
    async restart(changes = {}) {
      crash(latest);
      latest = make(changes);
      return latest;
    },
  };
}
