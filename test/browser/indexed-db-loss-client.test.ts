import { describe, expect, onTestFinished, test } from 'vitest';
import { type Client, createClient, type Journal, memoryJournal } from '../../src/index.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { ietf } from '../../src/profiles/index.ts';
import { deleteDatabase, freshName } from './support/raw-database.ts';

interface World {
  readonly client: Client;
  readonly keys: string[];
}

/** A client whose server answers, or keeps silent. */
function world(journal: Journal, { silent = false } = {}): World {
  const keys: string[] = [];
  const client = createClient({
    baseUrl: 'https://api.example',
    profile: ietf({ keyLifetime: '24h' }),
    owner: 'alice',
    name: 'shop',
    journal,
    waitTimeout: '20s',
    fetch: (request) => {
      keys.push((request as Request).headers.get('idempotency-key') ?? '');
      if (silent) return new Promise(() => undefined);
      return Promise.resolve(
        new Response('{"id":1}', { status: 201, headers: { 'content-type': 'application/json' } }),
      );
    },
  });
  onTestFinished(() => client.close({ timeout: 0 }));
  return { client, keys };
}

const charge = (client: Client, name: string, amount = 1) => client.post('/charges', { once: name, json: { amount } });

/** One operation has finished and one is under way when the database is lost with the page that knew them. */
async function lostWorld(): Promise<{ name: string; key: string }> {
  const name = freshName();
  const before = world(indexedDBJournal(name));
  await charge(before.client, 'done');
  await before.client.close();
  const silent = world(indexedDBJournal(name), { silent: true });
  const pending = charge(silent.client, 'open').outcome();
  await expect.poll(() => silent.keys.length).toBe(1);
  await silent.client.close({ timeout: 0 });
  await pending.catch(() => undefined);
  await deleteDatabase(name);
  return { name, key: silent.keys[0] ?? '' };
}

describe('a client whose journal was lost', () => {
  test('goes on with the same key, repeats nothing, refuses what nobody knows, and says so', async () => {
    const { name, key } = await lostWorld();
    const { client, keys } = world(indexedDBJournal(name));
    expect(await client.ready()).toMatchObject({
      ok: false,
      problems: [{ code: 'ERR_ONCEWARD_JOURNAL_LOST', reason: 'lost' }],
    });
    await expect(client.operations.get('open')).rejects.toMatchObject({ reason: 'lost', effect: 'possible' });
    expect(await client.operations.resume()).toEqual([]);
    await expect(charge(client, 'new')).rejects.toMatchObject({ reason: 'lost', effect: 'none' });
    await expect(charge(client, 'open', 2)).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_CONFLICT',
      effect: 'possible',
    });
    expect(keys).toEqual([]);
    expect((await charge(client, 'open')).status).toBe(201);
    expect(keys).toEqual([key]);
    await expect(charge(client, 'done')).rejects.toMatchObject({ code: 'ERR_ONCEWARD_ALREADY_FINISHED' });
    expect(await client.operations.get('done')).toMatchObject({ status: 'succeeded' });

    await client.operations.acknowledgeLoss();
    expect(await client.ready()).toMatchObject({ ok: true, problems: [] });
    expect((await charge(client, 'new')).status).toBe(201);
    await expect(charge(client, 'done')).rejects.toMatchObject({ code: 'ERR_ONCEWARD_ALREADY_FINISHED' });
    expect(keys).toHaveLength(2);
  });

  test('tells nobody that a lost name was not sent', async () => {
    const { name } = await lostWorld();
    const { client, keys } = world(indexedDBJournal(name));
    const call = client.post('/charges', { once: 'open', json: { amount: 1 }, signal: AbortSignal.abort() });
    await expect(call.outcome()).rejects.toMatchObject({ reason: 'lost', effect: 'possible' });
    expect(keys).toEqual([]);
  });

  test('a journal that loses nothing has nothing to acknowledge', async () => {
    const { client } = world(memoryJournal());
    await expect(client.operations.acknowledgeLoss()).resolves.toBeUndefined();
    expect(await client.ready()).toMatchObject({ ok: true });
  });
});
