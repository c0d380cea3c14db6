import { expect, test } from 'vitest';
import { createClient, type HTTPError, memoryJournal } from '../../src/index.node.ts';
import { createMock } from '../../src/mock/index.ts';
import { listen } from '../../src/mock/node.ts';
import { ietf } from '../../src/profiles/index.ts';

const LARGE = 'x'.repeat(1024 * 1024);

test.each([201, 402, 403])(
  'an answer %i above 1 MiB reaches its caller whole, and is kept without its body',
  async (status) => {
    const mock = createMock({ routes: { 'POST /charges': () => Response.json({ LARGE }, { status }) } });
    await using server = await listen(mock);
    const journal = memoryJournal();
    const client = createClient({ baseUrl: server.url, profile: ietf({ keyLifetime: '24h' }), journal });

    const outcome = await client.post('/charges', { once: 'large', json: 1 }).outcome();
    expect((outcome as { response?: { body: Uint8Array } }).response?.body.length).toBeGreaterThan(LARGE.length);

    const { records } = await journal.list('');
    expect(records.map(({ state }) => [state?.response?.status, state?.response?.body])).toEqual([[status, undefined]]);
    const again = await client.post('/charges', { once: 'large', json: 1 }).then(
      () => 'answered',
      (error: HTTPError) => [error.name, error.data],
    );
    const expected = {
      201: ['AlreadyFinishedError', undefined],
      402: ['HTTPError', undefined],
      403: ['InDoubtError', undefined],
    };
    expect(again).toEqual(expected[status as keyof typeof expected]);
    expect(mock.effects()).toHaveLength(1);
    await client.close();
  },
);
