import { toTombstone } from '../../src/core/tombstone.ts';
import type { Client, ClientOptions } from '../../src/core/types.ts';
import { charge, told, until, type World } from './client-world.ts';

/** What a call came to, and what it left behind. */
export interface Told {
  readonly gets: string;
  readonly outcome: string;
  /** Whether anything left for the server. */
  readonly sends: boolean;
  /** Keys the server had not seen before. */
  readonly newKeys: number;
  readonly effects: number;
  readonly record: string;
}

/** One row of the table of known names. */
export interface Row {
  readonly name: string;
  /** Brings cart/1 into the state, with a charge of 1. */
  arrange(world: World): Promise<Client>;
  /** After the restart, where there is one. */
  before?(world: World): Promise<void>;
  readonly same: Told;
  /** The same request with retryRejected, where that differs. */
  readonly retried?: Told;
  readonly other: Told;
  /** What differs for a client that found the record. */
  restarted?(told: Told): Partial<Told>;
}

const ONE = '201 {"charged":{"amount":1}}';
const TWO = '201 {"charged":{"amount":2}}';
const CREDENTIALS: Partial<ClientOptions> = { authorize: ({ attempt }) => ({ authorization: `Bearer ${attempt}` }) };

const CONFLICT = 'OperationConflictError CONFLICT';
const quiet = { sends: false, newKeys: 0 };
const conflict = (effect: string, rest: Pick<Told, 'effects' | 'record'>): Told => {
  const error = `${CONFLICT} ${effect}`;
  return { gets: error, outcome: error, ...quiet, ...rest };
};

/** Ends the first call at once: what it says is the second call's business. */
async function begin(client: Client): Promise<void> {
  await told(charge(client, 'cart/1', 1, { waitTimeout: 0 }));
}

async function end(client: Client): Promise<Client> {
  await told(charge(client, 'cart/1', 1));
  return client;
}

async function succeeded(world: World): Promise<Client> {
  return end(world.client());
}

async function rejected(world: World): Promise<Client> {
  world.mock.fail('status:402');
  return end(world.client());
}

async function inDoubt(world: World): Promise<Client> {
  world.mock.fail('status:501');
  return end(world.client());
}

async function discardedPossible(world: World): Promise<Client> {
  const client = await inDoubt(world);
  await client.operations.discard('cart/1', { evenIfPossiblySent: true });
  return client;
}

/** Refused twice: parked, and nothing was possible. */
async function claimed(world: World): Promise<Client> {
  world.mock.fail('status:401', 'status:401');
  const client = world.client(CREDENTIALS);
  await told(charge(client, 'cart/1', 1));
  return client;
}

function tombstoneOf(arrange: (world: World) => Promise<Client>): Row['arrange'] {
  return async (world) => {
    const client = await arrange(world);
    await until(async () => (await world.record('cart/1'))?.state.acknowledgedAt !== undefined, 'acknowledged');
    await world.rewrite('cart/1', toTombstone);
    return client;
  };
}

function unusable(what: 'corrupt' | 'newer-version'): Row {
  const error = `JournalError JOURNAL none ${what}`;
  const told: Told = { gets: error, outcome: error, ...quiet, effects: 0, record: `unreadable ${what}` };
  return {
    name: what === 'corrupt' ? 'unreadable' : 'of a newer version',
    arrange: async (world) => world.client(),
    before: (world) => world.plant('cart/1', what),
    same: told,
    other: told,
  };
}

const fresh = (gets: string): Told => ({
  gets,
  outcome: 'succeeded done network',
  sends: true,
  newKeys: 1,
  effects: 1,
  record: 'succeeded 1 done',
});
const secondRound = (gets: string): Told => ({ ...fresh(gets), record: 'succeeded 2 done' });

const STORED = { gets: ONE, outcome: 'succeeded done journal', ...quiet, effects: 1, record: 'succeeded 1 done' };
const REJECTED = { outcome: 'rejected none journal', ...quiet, effects: 0, record: 'rejected 1 none' };
const DOUBT: Told = {
  gets: 'InDoubtError IN_DOUBT possible not-repeatable',
  outcome: 'in-doubt possible not-repeatable',
  ...quiet,
  effects: 0,
  record: 'in-doubt 1 possible',
};
const DISCARDED: Told = {
  gets: 'DiscardedError DISCARDED possible',
  outcome: 'discarded possible not-repeatable',
  ...quiet,
  effects: 0,
  record: 'discarded 1 possible',
};
const FINISHED: Told = {
  gets: 'AlreadyFinishedError ALREADY_FINISHED done',
  outcome: 'succeeded done journal',
  ...quiet,
  effects: 1,
  record: 'succeeded 1 done tombstone',
};
const LATER: Told = {
  gets: 'StillPendingError STILL_PENDING possible retry-after',
  outcome: 'pending possible retry-after',
  ...quiet,
  effects: 0,
  record: 'dispatched 1 possible',
};

export const ROWS: readonly Row[] = [
  { name: 'none', arrange: async (world) => world.client(), same: fresh(ONE), other: fresh(TWO) },
  {
    name: 'claimed and parked, nothing sent',
    arrange: claimed,
    // The key came in with the refused attempts: it is not new.
    same: { ...fresh(ONE), newKeys: 0 },
    other: conflict('none', { effects: 0, record: 'claimed 1 none' }),
  },
  {
    name: 'dispatched',
    arrange: async (world) => {
      world.hold();
      const client = world.client();
      await begin(client);
      await until(() => world.mock.effects().length === 1, 'the request arrived');
      return client;
    },
    same: { ...STORED, outcome: 'succeeded done network' },
    other: conflict('possible', { effects: 1, record: 'dispatched 1 possible' }),
    restarted: ({ gets }) => (gets === ONE ? { outcome: 'succeeded done replay', sends: true } : {}),
  },
  {
    name: 'parked until a Retry-After',
    arrange: async (world) => {
      world.mock.fail({ fault: 'status:503', retryAfter: '3600' });
      return end(world.client());
    },
    same: LATER,
    other: conflict('possible', { effects: 0, record: 'dispatched 1 possible' }),
  },
  { name: 'in doubt', arrange: inDoubt, same: DOUBT, other: DOUBT },
  {
    name: 'succeeded',
    arrange: succeeded,
    same: STORED,
    other: conflict('done', { effects: 1, record: 'succeeded 1 done' }),
  },
  {
    name: 'rejected',
    arrange: rejected,
    same: { gets: 'HTTPError HTTP none 402', ...REJECTED },
    retried: secondRound(ONE),
    other: secondRound(TWO),
  },
  {
    name: 'not sent',
    arrange: async (world) => {
      const cancel = new AbortController();
      const client = world.client({
        // Nothing has left yet: what is asked for here comes after the claim and before the send.
        authorize: () => {
          cancel.abort();
          return {};
        },
      });
      await told(charge(client, 'cart/1', 1, { signal: cancel.signal }));
      return client;
    },
    same: fresh(ONE),
    other: fresh(TWO),
  },
  {
    name: 'discarded, proved not sent',
    arrange: async (world) => {
      const client = await claimed(world);
      await client.operations.discard('cart/1');
      return client;
    },
    same: fresh(ONE),
    other: fresh(TWO),
  },
  { name: 'discarded, possibly sent', arrange: discardedPossible, same: DISCARDED, other: DISCARDED },
  { name: 'tombstone of a success', arrange: tombstoneOf(succeeded), same: FINISHED, other: FINISHED },
  {
    name: 'tombstone of a rejection',
    arrange: tombstoneOf(rejected),
    same: { gets: 'HTTPError HTTP none 402', ...REJECTED, record: 'rejected 1 none tombstone' },
    retried: secondRound(ONE),
    other: secondRound(TWO),
  },
  {
    name: 'tombstone of a discard, possibly sent',
    arrange: tombstoneOf(discardedPossible),
    same: { ...DISCARDED, outcome: 'discarded possible', record: 'discarded 1 possible tombstone' },
    other: { ...DISCARDED, outcome: 'discarded possible', record: 'discarded 1 possible tombstone' },
  },
  unusable('corrupt'),
  unusable('newer-version'),
];
