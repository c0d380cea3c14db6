import { isOncewardError } from '../../src/core/errors/index.ts';
import { effectOfRecord } from '../../src/core/operation.ts';
import { isFinished } from '../../src/core/record.ts';
import type { CallOptions, Client, ClientOptions, Effect, OperationPromise, Outcome } from '../../src/core/types.ts';
import type { Fault } from '../../src/mock/index.ts';
import { type SmallWorld, smallWorld } from './small-world.ts';

/** What a caller was told, and what the server had done by then. */
export interface Heard {
  readonly what: string;
  readonly effect: Effect;
  /** How the key it was told of begins; empty where no outcome was reached. */
  readonly key: string;
  readonly persisted: boolean;
  /** Executions since the call began. */
  readonly executed: number;
}

export interface Stage {
  readonly world: SmallWorld;
  readonly client: Client;
  readonly heard: Heard[];
  hear(call: () => OperationPromise): Promise<Heard>;
  /** An operation of the journal's side, of which it only matters that it settles. */
  attempt(work: () => Promise<unknown>): Promise<void>;
}

/** What one program does with a client: told again for every single fault. */
export interface Story {
  readonly name: string;
  readonly plan?: readonly Fault[];
  options?(): Partial<ClientOptions>;
  run(stage: Stage): Promise<unknown>;
}

const charge = (client: Client, amount: number, options: Partial<CallOptions> = {}): OperationPromise =>
  client.post('/charges', { once: 'cart/1', json: { amount }, ...options });

export const STORIES: readonly Story[] = [
  { name: 'a charge', run: ({ client, hear }) => hear(() => charge(client, 1)) },
  { name: 'a key handed in', run: ({ client, hear }) => hear(() => charge(client, 1, { key: 'cart-1-key' })) },
  { name: 'a lost answer', plan: ['reset-after'], run: ({ client, hear }) => hear(() => charge(client, 1)) },
  {
    name: 'outages',
    plan: ['status:503', 'reset-before', 'reset-after'],
    run: ({ client, hear }) => hear(() => charge(client, 1)),
  },
  {
    name: 'two callers at once',
    plan: ['reset-after'],
    run: ({ client, hear }) => Promise.all([hear(() => charge(client, 1)), hear(() => charge(client, 1))]),
  },
  {
    name: 'a refusal, then another round',
    plan: ['status:402'],
    async run({ client, hear }) {
      await hear(() => charge(client, 1));
      await hear(() => charge(client, 2));
    },
  },
  {
    name: 'a refusal, then another key handed in',
    plan: ['status:402'],
    async run({ client, hear }) {
      await hear(() => charge(client, 1, { key: 'first-key' }));
      await hear(() => charge(client, 1, { key: 'second-key', retryRejected: true }));
    },
  },
  {
    name: 'a refusal after something was possible',
    plan: ['reset-before', 'status:402'],
    run: ({ client, hear }) => hear(() => charge(client, 1)),
  },
  {
    name: 'doubt',
    plan: ['status:501'],
    async run({ client, hear, attempt }) {
      await hear(() => charge(client, 1));
      await hear(() => charge(client, 1));
      await attempt(() => client.operations.discard('cart/1', { evenIfPossiblySent: true }));
      await hear(() => charge(client, 1));
    },
  },
  {
    name: 'credentials refused twice, then better ones',
    plan: ['status:401', 'status:401'],
    options: () => ({ authorize: ({ attempt }) => ({ authorization: `Bearer ${attempt}` }) }),
    async run({ client, hear }) {
      await hear(() => charge(client, 1, { waitTimeout: 300 }));
      await hear(() => charge(client, 1));
    },
  },
  {
    name: 'no credentials, discarded, charged anew',
    options: () => {
      let calls = 0;
      return {
        retry: { baseDelay: 1, maxDelay: 60_000 },
        authorize: () => {
          if (++calls === 1) throw new Error('no token');
          return { authorization: 'Bearer good' };
        },
      };
    },
    async run({ client, hear, attempt }) {
      await hear(() => charge(client, 1, { waitTimeout: 300 }));
      await attempt(() => client.operations.discard('cart/1'));
      await hear(() => charge(client, 2));
    },
  },
  {
    name: 'cancelled before the first byte, then charged',
    options: () => {
      let cancel: AbortController | undefined = cancelling;
      return {
        authorize: () => {
          cancel?.abort();
          cancel = undefined;
          return { authorization: 'Bearer good' };
        },
      };
    },
    async run({ client, hear }) {
      await hear(() => charge(client, 1, { signal: cancelling.signal }));
      cancelling = new AbortController();
      await hear(() => charge(client, 2));
    },
  },
  {
    name: 'charged, forgotten, charged again under another name',
    async run({ client, hear, attempt }) {
      const first = await hear(() => charge(client, 1));
      if (first.what === 'succeeded') await attempt(() => client.operations.forget('cart/1'));
      await hear(() => client.post('/charges', { once: 'cart/2', json: { amount: 2 } }));
    },
  },
];

let cancelling = new AbortController();

/** Makes a world for the story and plays it; what the callers heard is in `heard`. */
export function stage(story: Story, connect: (world: SmallWorld, options: Partial<ClientOptions>) => Client): Stage {
  cancelling = new AbortController();
  const world = smallWorld(...(story.plan ?? []));
  const client = connect(world, story.options?.() ?? {});
  const heard: Heard[] = [];
  return {
    world,
    client,
    heard,
    async hear(call) {
      const before = world.mock.effects().length;
      const told = await heardFrom(call());
      const all = { ...told, executed: world.mock.effects().length - before };
      heard.push(all);
      return all;
    },
    async attempt(work) {
      await work().catch((error: unknown) => {
        if (!isOncewardError(error)) throw error;
      });
    },
  };
}

/** Both views of one call: they must agree. */
async function heardFrom(call: OperationPromise): Promise<Omit<Heard, 'executed'>> {
  const [response, outcome] = await Promise.all([
    call.then(
      ({ status }) => `${status}`,
      (error: unknown) => error,
    ),
    call.outcome().catch((error: unknown) => error as Error),
  ]);
  if (outcome instanceof Error) {
    if (!isOncewardError(outcome)) throw outcome;
    return { what: outcome.name, effect: outcome.effect, key: '', persisted: true };
  }
  const told = outcome as Outcome;
  if (typeof response !== 'string' && !isOncewardError(response)) throw response;
  return { what: told.status, effect: told.effect, key: told.operation.keyHint, persisted: told.persisted };
}

/** Holds what was sent, executed, told and stored against the promises; the names of those that are broken. */
export async function broken({ world, heard }: Pick<Stage, 'world' | 'heard'>): Promise<string[]> {
  const { mock, sent } = world;
  const found: string[] = [];
  const ledger = new Map(mock.ledger().map(({ key, effects }) => [key, effects]));
  if ([...ledger.values()].some((effects) => effects > 1)) found.push('I1: a key was executed twice');
  if (sent.some(({ durable }) => !durable)) found.push('I3: sent before the claim was stored');
  for (const { key, bytes } of sent) {
    if (sent.some((other) => other.key === key && other.bytes !== bytes)) found.push('I4: other bytes under one key');
  }
  const effectsOf = (hint: string): number =>
    [...ledger].reduce((sum, [key, effects]) => sum + (key.startsWith(hint) ? effects : 0), 0);
  for (const { what, effect, key, executed, persisted } of heard) {
    const told = `${what} ${effect}${persisted ? '' : ' unpersisted'}`;
    if (effect === 'done' && effectsOf(key) !== 1) found.push(`I2: ${told}, and ${effectsOf(key)} effects`);
    if (effect === 'none' && executed > 0) found.push(`I7: ${told}, and it had been executed`);
    const final = what === 'rejected' || what === 'not-sent' || what === 'discarded';
    if (effect === 'none' && final && effectsOf(key) > 0) found.push(`I7: ${told}, and executed later`);
  }
  for (const record of await world.records()) {
    const { state, fixed } = record;
    const effects = ledger.get(fixed.key) ?? 0;
    const told = `the record says ${state.state} ${effectOfRecord(record)}`;
    const parked = state.waiting === 'credentials' || (state.dueAt ?? 0) > Date.now();
    if ((state.state === 'claimed' || state.state === 'dispatched') && !parked) found.push(`I10: ${told} at the end`);
    if (isFinished(state) && effectOfRecord(record) === 'none' && effects > 0) found.push(`I7: ${told}`);
    if (state.state === 'succeeded' && effects !== 1) found.push(`I2: ${told}, and ${effects} effects`);
  }
  return [...new Set(found)];
}

/** Everything unfinished is driven to its end by this client. */
export async function finishAll(client: Client): Promise<readonly Outcome[]> {
  const found = await client.operations.resume();
  return Promise.all(found.map(({ id }) => client.operations.outcome(id, { waitTimeout: 1_500 })));
}
