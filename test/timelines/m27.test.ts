import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { listen } from '../../src/mock/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { charge, JOURNALS, makeWorld, type World } from './support/world.ts';

/** Every byte there is, in no encoding. */
const BYTES = Uint8Array.from({ length: 512 }, (_, at) => at % 256);
const TEXT = '{"id":"ch_1", "amount": 5.00,"note":"\\u00e9\\ud83d\\ude00" }\n';

const ANSWERS: Readonly<
  Record<string, readonly [sent: Uint8Array, headers: Record<string, string>, body: Uint8Array]>
> = {
  'JSON with its own spaces': [Buffer.from(TEXT), { 'content-type': 'application/json' }, Buffer.from(TEXT)],
  gzip: [gzipSync(TEXT), { 'content-type': 'application/json', 'content-encoding': 'gzip' }, Buffer.from(TEXT)],
  bytes: [BYTES, { 'content-type': 'application/octet-stream' }, BYTES],
  'a byte order mark': [Buffer.from('\ufeff{}'), { 'content-type': 'text/plain' }, Buffer.from('\ufeff{}')],
  nothing: [new Uint8Array(), { 'content-type': 'application/json' }, new Uint8Array()],
};

async function bytesOf(world: World): Promise<readonly Uint8Array[]> {
  const client = world.client();
  const response = await charge(client, 'cart/1', 5);
  const outcome = await client.operations.outcome('cart/1');
  if (outcome.status !== 'succeeded') throw new Error(outcome.status);
  return [new Uint8Array(await response.arrayBuffer()), outcome.response?.body ?? new Uint8Array()];
}

describe.each(JOURNALS)('%s', (kind) => {
  test.each(Object.entries(ANSWERS))(
    'M27: %s: status, headers and decoded bytes are those received, now and from the journal',
    async (_, [sent, headers, body]) => {
      const world = await makeWorld(kind);
      world.server.script({ answer: { status: 201, headers: { ...headers, etag: '"7"' }, body: sent } });
      for (const bytes of [...(await bytesOf(world)), ...(await bytesOf(world))]) {
        expect([...bytes]).toEqual([...body]);
      }
      const again = await charge(world.client(), 'cart/1', 5);
      expect([again.status, again.headers.get('etag'), again.headers.get('content-type')]).toEqual([
        201,
        '"7"',
        headers['content-type'],
      ]);
      expect(world.server.arrivals).toHaveLength(1);
    },
  );

  test('M27: a server that replays its present state is quoted, not corrected: the answer received is the one kept', async () => {
    const world = await makeWorld(kind);
    world.server.script(
      { answer: 'half' },
      { answer: { status: 200, body: { charge: 1, state: 'settled' } } },
      { answer: { status: 200, body: { charge: 1, state: 'refunded' } } },
    );
    expect(await charge(world.client(), 'cart/1', 5).text()).toBe('{"charge":1,"state":"settled"}');
    expect(await charge(world.client(), 'cart/1', 5).text()).toBe('{"charge":1,"state":"settled"}');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test("M27: byte identity of replays is the mock's promise: after a lost answer the very bytes come", async () => {
    const world = await makeWorld(kind);
    let answers = 0;
    const mock = createMock({
      routes: {
        'POST /charges': () => {
          answers += 1;
          return new Response(`${TEXT}${answers}`, {
            status: 201,
            headers: { 'content-type': 'text/plain', etag: `"${answers}"` },
          });
        },
      },
    });
    await using served = await listen(mock);
    mock.fail('reset-after', 'truncate');
    const client = world.client({ baseUrl: served.url, profile: ietf({ keyLifetime: '24h' }) });
    const response = await charge(client, 'cart/1', 5);
    expect([response.status, response.headers.get('etag'), await response.text()]).toEqual([201, '"1"', `${TEXT}1`]);
    expect(mock.ledger()).toMatchObject([{ hits: 3, effects: 1 }]);
  });
});
