import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OperationRecord } from '../../src/core/record.ts';
import { charge, JOURNALS, makeWorld, told, type World } from './support/world.ts';

const NUMBER = '4242424242424242';
const FORM = new FormData();
FORM.set('card[number]', NUMBER);

const CARDS: Readonly<Record<string, object>> = {
  'a card number': { json: { card: { number: NUMBER } } },
  'a card number with blanks': { json: { card_number: '4242 4242 4242 4242' } },
  'a security code': { json: { payment: [{ cvc: '123' }] } },
  'a security code that is a number': { json: { cvv2: 123 } },
  'a form field': { body: new URLSearchParams({ 'card[cvc]': '123' }) },
  'a multipart field': { body: FORM },
};

/** Everything a thief of the journal would read. */
async function stolen(world: World): Promise<string> {
  const journal = world.journal();
  await journal.open();
  const { records } = await journal.list('');
  await journal.close();
  // Bytes as text, too.
  const listed = JSON.stringify(records, (_, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
  );
  if (world.directory === undefined) return listed;
  const names = await readdir(world.directory);
  const files = await Promise.all(names.map((name) => readFile(join(world.directory ?? '', name), 'latin1')));
  return [listed, ...files].join('\n');
}

async function records(world: World): Promise<readonly OperationRecord[]> {
  const journal = world.journal();
  await journal.open();
  const listed = await journal.list('');
  await journal.close();
  return listed.records as readonly OperationRecord[];
}

describe.each(JOURNALS)('%s', (kind) => {
  test.each(Object.entries(CARDS))(
    'M15: a body with %s is refused before anything is stored or sent',
    async (_, body) => {
      const world = await makeWorld(kind);
      const client = world.client();
      const call = client.post('/charges', { once: 'cart/1', ...body });
      await expect(call).rejects.toMatchObject({ code: 'ERR_ONCEWARD_CARD_DATA', effect: 'none' });
      await expect(call).rejects.toThrow(/tokenise|token/i);
      expect(await call.catch(String)).not.toContain(NUMBER);
      expect(await stolen(world)).not.toMatch(/4242|123/);
      expect(world.server.arrivals).toEqual([]);
    },
  );

  test('M15: of an answer only the allow-listed headers are kept: no cookie, no token', async () => {
    const world = await makeWorld(kind);
    const headers = { 'set-cookie': 'sid=s3cr3t-1', 'x-internal-token': 's3cr3t-2', 'request-id': 'req_1' };
    world.server.script({ answer: { status: 201, headers, body: { ok: true } } });
    const client = world.client({ safeHeaders: ['set-cookie'] });
    const response = await charge(client, 'cart/1', 5);
    expect(response.headers.get('request-id')).toBe('req_1');
    const outcome = await world.client().operations.outcome('cart/1');
    expect(outcome.status === 'succeeded' && Object.keys(outcome.response?.headers ?? {}).sort()).toEqual([
      'content-type',
      'date',
      'request-id',
    ]);
    expect(await stolen(world)).not.toContain('s3cr3t');
  });

  test('M15: what is left of a finished request does not say what its few possible bodies were', async () => {
    const world = await makeWorld(kind);
    const client = world.client();
    // A secret of a thousand possible values: a plain hash of it would be found in no time.
    for (const id of ['pin/1', 'pin/2']) await told(client.post('/pins', { once: id, json: { pin: 4711 } }));
    const [one, two] = await records(world);
    // Each has a salt of its own: the same bytes leave other traces, and no table of hashes fits both.
    expect(one?.fixed.fingerprint).not.toBe(two?.fixed.fingerprint);
    expect(one?.fixed.salt).not.toBe(two?.fixed.salt);
    expect(JSON.stringify((await records(world)).map(({ fixed }) => fixed.request.body ?? null))).toBe('[null,null]');
    // And it still tells the same request from another.
    expect(await told(client.post('/pins', { once: 'pin/1', json: { pin: 4711 } }))).toMatch(/^201/);
    expect(await told(client.post('/pins', { once: 'pin/1', json: { pin: 4712 } }))).toMatch(/^OperationConflictError/);
    expect(world.server.arrivals).toHaveLength(2);
  });
});
