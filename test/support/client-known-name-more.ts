import { keyIdentity } from '../../src/core/identity.ts';
import type { Journal } from '../../src/core/journal.ts';
import { anonymous, type Client } from '../../src/core/types.ts';
import { type Case, expectSame, inWorld } from './client-case.ts';
import { charge, NAME, type Platform, told, toldOutcome, toldRecord, until, type World } from './client-world.ts';

const ONE = '201 {"charged":{"amount":1}}';
const TWO = '201 {"charged":{"amount":2}}';
const CONFLICT = 'OperationConflictError CONFLICT';

/** What else holds about names and keys. */
export function moreCases(platform: Platform): readonly Case[] {
  return Object.entries({ ...ROUNDS, ...KEYS, ...FINGERPRINTS, ...ANONYMOUS }).map(([name, run]) => ({
    name,
    run: () => inWorld(platform, run),
  }));
}

type Cases = Readonly<Record<string, (world: World) => Promise<void>>>;

async function rejectOnce(world: World, client: Client): Promise<void> {
  world.mock.fail('status:402');
  expectSame([await told(charge(client, 'cart/1', 1))], ['HTTPError HTTP none 402']);
}

const keysOf = (world: World): string[] => world.mock.ledger().map(({ key }) => key);

/** Both calls of a race for the second round, sorted. */
async function race(world: World, amounts: readonly [number, number]): Promise<string[]> {
  const one = world.client();
  const two = world.client();
  await rejectOnce(world, one);
  return (await Promise.all([told(charge(one, 'cart/1', amounts[0])), told(charge(two, 'cart/1', amounts[1]))])).sort();
}

const ROUNDS: Cases = {
  'equal bytes under two names are two charges with two keys': async (world) => {
    const client = world.client();
    expectSame([await told(charge(client, 'cart/1', 1)), await told(charge(client, 'cart/2', 1))], [ONE, ONE]);
    expectSame({ keys: new Set(keysOf(world)).size, effects: world.mock.effects().length }, { keys: 2, effects: 2 });
  },
  'a second round after a rejection has another key': async (world) => {
    const client = world.client();
    await rejectOnce(world, client);
    const [first] = keysOf(world);
    await told(charge(client, 'cart/1', 2));
    const record = await world.record('cart/1');
    expectSame(
      { other: record?.fixed.key !== first, known: keysOf(world).includes(record?.fixed.key ?? '') },
      { other: true, known: true },
    );
  },
  'of two clients that begin the second round with equal bytes one wins, and the other joins': async (world) => {
    expectSame(await race(world, [2, 2]), [TWO, TWO]);
    const record = toldRecord(await world.record('cart/1'));
    expectSame(
      { keys: keysOf(world).length, effects: world.mock.effects().length, record },
      { keys: 2, effects: 1, record: 'succeeded 2 done' },
    );
  },
  'of two clients that begin the second round with other bytes one wins, and the other is told': async (world) => {
    const [won, lost] = await race(world, [2, 3]);
    expectSame({ won: won?.startsWith('201'), lost: lost?.startsWith(CONFLICT) }, { won: true, lost: true });
    expectSame({ keys: keysOf(world).length, effects: world.mock.effects().length }, { keys: 2, effects: 1 });
  },
};

const KEY = 'backend-key-0001';

const KEYS: Cases = {
  'a handed-in key is the one that is sent, and the same call again joins': async (world) => {
    const client = world.client();
    const again = async (): Promise<string> => told(charge(client, 'cart/1', 1, { key: KEY }));
    expectSame([await again(), await again(), await told(charge(client, 'cart/1', 1))], [ONE, ONE, ONE]);
    expectSame({ keys: keysOf(world), requests: world.requests() }, { keys: [KEY], requests: 1 });
  },
  'a handed-in key belongs to one name': async (world) => {
    const client = world.client();
    await told(charge(client, 'cart/1', 1, { key: KEY }));
    const other = charge(client, 'cart/2', 1, { key: KEY });
    expectSame([await told(other), await toldOutcome(other.outcome())], [`${CONFLICT} none`, `${CONFLICT} none`]);
    expectSame(
      { requests: world.requests(), record: toldRecord(await world.record('cart/2')) },
      { requests: 1, record: 'absent' },
    );
  },
  'a handed-in key belongs to one round': async (world) => {
    const client = world.client();
    world.mock.fail('status:402');
    await told(charge(client, 'cart/1', 1, { key: KEY }));
    const next = (key: string) => told(charge(client, 'cart/1', 2, { key }));
    expectSame([await next(KEY), await next('backend-key-0002')], [`${CONFLICT} none`, TWO]);
    expectSame({ requests: world.requests(), keys: keysOf(world) }, { requests: 2, keys: [KEY, 'backend-key-0002'] });
  },
  'a key of an earlier round stays taken for every other name': async (world) => {
    const client = world.client();
    world.mock.fail('status:402');
    await told(charge(client, 'cart/1', 1, { key: KEY }));
    await told(charge(client, 'cart/1', 2));
    expectSame([await told(charge(client, 'cart/2', 2, { key: KEY }))], [`${CONFLICT} none`]);
  },
  'of two names with one key at once, one gets it': async (world) => {
    const clients = [world.client(), world.client()] as const;
    const told2 = await Promise.all(clients.map((client, at) => told(charge(client, `cart/${at}`, 1, { key: KEY }))));
    expectSame(told2.sort(), [ONE, `${CONFLICT} none`]);
    expectSame({ keys: keysOf(world), requests: world.requests() }, { keys: [KEY], requests: 1 });
  },
  'a crash between the claim of the key and of the operation loses neither': async (world) => {
    const broken = world.client({ journal: failingOnce(world.journal(), (identity) => !identity.startsWith('key/')) });
    expectSame([await told(charge(broken, 'cart/1', 1, { key: KEY }))], ['JournalError JOURNAL none unavailable']);
    expectSame(
      { requests: world.requests(), record: toldRecord(await world.record('cart/1')) },
      { requests: 0, record: 'absent' },
    );
    const client = await world.restart(broken);
    expectSame(
      [await told(charge(client, 'cart/2', 1, { key: KEY })), await told(charge(client, 'cart/1', 1, { key: KEY }))],
      [`${CONFLICT} none`, ONE],
    );
    expectSame({ keys: keysOf(world), effects: world.mock.effects().length }, { keys: [KEY], effects: 1 });
  },
  'the same key means two things for two client names, and for two scopes': async (world) => {
    const clients = [world.client(), world.client({ name: 'other' }), world.client({ scope: 'test' })];
    const charges = clients.map((client, at) => told(charge(client, `cart/${at}`, 1, { key: KEY })));
    expectSame(await Promise.all(charges), [ONE, ONE, ONE]);
    const stored = await world.journal().get(keyIdentity(NAME, 'test', KEY));
    expectSame({ kind: stored?.fixed.kind }, { kind: 'key' });
  },
};

/** Refuses the first claim of what `matches`, as a process that dies there would. */
function failingOnce(journal: Journal, matches: (identity: string) => boolean): Journal {
  let failed = false;
  return {
    kind: journal.kind,
    durability: journal.durability,
    open: () => journal.open(),
    claim: async (record) => {
      if (!failed && matches(record.identity)) {
        failed = true;
        throw new Error('gone');
      }
      return journal.claim(record);
    },
    update: (identity, change, options) => journal.update(identity, change, options),
    get: (identity) => journal.get(identity),
    list: (prefix, options) => journal.list(prefix, options),
    remove: (identity, revision) => journal.remove(identity, revision),
    watch: (listener) => journal.watch(listener),
    close: () => journal.close(),
  };
}

const FINGERPRINTS: Cases = {
  'one fingerprint makes other bytes the same request': async (world) => {
    const client = world.client();
    const call = (amount: number, fingerprint: string) => told(charge(client, 'cart/1', amount, { fingerprint }));
    expectSame([await call(1, 'v1'), await call(2, 'v1'), await call(1, 'v2')], [ONE, ONE, `${CONFLICT} done`]);
    expectSame({ requests: world.requests() }, { requests: 1 });
  },
  'without one, frozen headers and the query are part of the request': async (world) => {
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    const others = [
      charge(client, 'cart/1', 1, { headers: { accept: 'text/plain' } }),
      charge(client, 'cart/1', 1, { searchParams: { expand: 'all' } }),
      client.put('/charges', { once: 'cart/1', json: { amount: 1 } }),
    ];
    expectSame(
      await Promise.all(others.map(told)),
      others.map(() => `${CONFLICT} done`),
    );
    expectSame({ requests: world.requests() }, { requests: 1 });
  },
};

const ANONYMOUS: Cases = {
  'without a name every call is a charge of its own': async (world) => {
    const client = world.client();
    const call = () => told(charge(client, anonymous, 1));
    expectSame([await call(), await call()], [ONE, ONE]);
    expectSame({ keys: keysOf(world).length, effects: world.mock.effects().length }, { keys: 2, effects: 2 });
  },
  'without a name, an operation found after a restart is surfaced and never sent by itself; wake sends it with its own key':
    async (world) => {
      const { client, id } = await interrupted(world);
      const sent = world.requests();
      const [found] = await client.operations.resume();
      const shown = [found?.status, found?.waiting, found?.effect, (await client.operations.get(id))?.waiting];
      expectSame(shown, ['pending', 'interrupted', 'possible', 'interrupted']);
      expectSame([await toldOutcome(client.operations.outcome(id))], ['pending possible interrupted']);
      await client.operations.wake();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expectSame({ requests: world.requests() }, { requests: sent });
      await client.operations.wake(id);
      await until(async () => (await world.record(id))?.state.state === 'succeeded', 'sent');
      expectSame([await toldOutcome(client.operations.outcome(id))], ['succeeded done journal']);
      expectSame({ keys: keysOf(world).length, effects: world.mock.effects().length }, { keys: 1, effects: 1 });
    },
  'without a name, an operation found after a restart can be discarded': async (world) => {
    const { client, id } = await interrupted(world);
    const sent = world.requests();
    await client.operations.discard(id, { evenIfPossiblySent: true });
    expectSame([await toldOutcome(client.operations.outcome(id))], ['discarded possible']);
    expectSame(
      { requests: world.requests(), left: (await client.operations.resume()).length },
      { requests: sent, left: 0 },
    );
  },
};

/** An anonymous charge whose answer was lost, found by the next client. */
async function interrupted(world: World): Promise<{ readonly client: Client; readonly id: string }> {
  world.mock.fail('lose-response');
  const first = world.client();
  await told(charge(first, anonymous, 1, { waitTimeout: 0 }));
  await until(() => world.mock.effects().length === 1, 'the request arrived');
  const client = await world.restart(first);
  const [found] = await client.operations.list();
  return { client, id: found?.id ?? 'none' };
}
