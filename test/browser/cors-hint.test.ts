import { describe, expect, test } from 'vitest';
import { type Client, type ClientOptions, createClient, memoryJournal } from '../../src/index.ts';
import { ietf } from '../../src/profiles/index.ts';
import { patch } from './support/patch.ts';

/** The server of these pages by its address: another origin to a browser. It allows requests without cookies, and does not send
 *  Access-Control-Allow-Credentials: with cookies, every answer of it is hidden. */
const ELSEWHERE = `http://127.0.0.1:${location.port}`;

const HINT = [
  `${ELSEWHERE} has not answered this page once: its requests fail at once. If that server is running, it does not allow pages of ${location.origin} to send them, and the browser hides every answer. It must answer OPTIONS with status 204, and every request with these headers:`,
  `  Access-Control-Allow-Origin: ${location.origin}`,
  '  Access-Control-Allow-Headers: Idempotency-Key, Authorization, Content-Type',
  '  Access-Control-Allow-Methods: POST',
  '  Access-Control-Expose-Headers: Retry-After, Link, Location, Operation-Location, Idempotent-Replayed',
  '  Access-Control-Allow-Credentials: true',
].join('\n');

function setUp(options: Partial<ClientOptions> = {}): { client: Client; warnings: unknown[] } {
  const warnings: unknown[] = [];
  patch(console, 'warn', { value: (message: unknown) => warnings.push(message) });
  const client = createClient({
    baseUrl: ELSEWHERE,
    profile: ietf({ keyLifetime: '24h' }),
    owner: 'alice',
    journal: memoryJournal(),
    authorize: () => ({ authorization: 'Bearer secret' }),
    credentials: 'include',
    retry: { baseDelay: 1, maxDelay: '60s', limit: 3 },
    ...options,
  });
  return { client, warnings };
}

const pay = (client: Client, id: string): Promise<Error> =>
  client.post('/charges', { once: id, json: { amount: 1 }, waitTimeout: '5s' }).then(
    ({ status }) => new Error(`answered ${status}`),
    (error: Error) => error,
  );

describe('a server without the CORS headers that a page needs', () => {
  test('is told about once on the console, and in the error of what still waits', async () => {
    const { client, warnings } = setUp();
    const errors = await Promise.all([pay(client, 'cart/1'), pay(client, 'cart/2')]);
    for (const error of errors) {
      expect(error).toMatchObject({ name: 'StillPendingError', effect: 'possible' });
      expect(error.message).toContain(HINT);
    }
    expect(warnings).toEqual([HINT]);
    await client.close();
  });

  test('is told about in the error of what is in doubt', async () => {
    const { client } = setUp({ retry: { limit: 1 } });
    const first = await pay(client, 'cart/1');
    expect(first).toMatchObject({ name: 'InDoubtError', reason: 'not-repeatable' });
    // One failure may be chance.
    expect(first.message).not.toContain('Access-Control');
    expect((await pay(client, 'cart/2')).message).toContain(HINT);
    await client.close();
  });

  test('not where it has answered this page before', async () => {
    const { client, warnings } = setUp();
    const plain = client.extend({ credentials: 'omit' });
    expect(await pay(plain, 'cart/1')).toMatchObject({ name: 'HTTPError', status: 404 });
    expect((await pay(client, 'cart/2')).message).not.toContain('Access-Control');
    expect(warnings).toEqual([]);
    await client.close();
  });
});
