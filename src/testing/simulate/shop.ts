import { effectOf, isOncewardError, OperationStateError } from '../../core/errors/index.ts';
import type { Clock } from '../../core/ports.ts';
import { anonymous, type CallOptions, type Client, type Outcome } from '../../core/types.ts';
import type { Life } from './life.ts';
import type { Intent } from './plan.ts';
import type { Seeded } from './seeded.ts';

/** What the shop tells the world. */
export interface ShopWorld {
  readonly life: Life;
  readonly clock: Clock;
  /** Where the server charges. */
  readonly path: string;
  readonly draw: Seeded;
  /** A caller begins to wait; the returned function says that it has been answered. */
  waits(cart: string): () => void;
  reported(cart: string, outcome: Outcome): void;
  failed(cart: string, error: unknown): void;
  /** The journal could not take what a call would have claimed. */
  refused(cart: string): void;
  resumed(names: ReadonlySet<string>): void;
  /** Whether the cart of this operation was charged, as the books of the server have it. */
  looksUp(outcome: Outcome, cart: string): boolean;
}

export interface ShopOptions {
  readonly intents: readonly (Intent & { readonly number: number })[];
  /** How often it waits once more for what is pending. */
  readonly patience: number;
}

const LONGEST_SLEEP = 10 * 60_000;

/** A shop as its authors write it: at a start it resumes, then asks for every cart again, under the same names and with the same bytes. */
export async function shop(client: Client, world: ShopWorld, { intents, patience }: ShopOptions): Promise<void> {
  const resumed = await again(world, () => client.operations.resume());
  if (resumed !== undefined) world.resumed(new Set(resumed.map(({ id }) => id)));
  const interrupted = (resumed ?? []).filter(({ waiting }) => waiting === 'interrupted');
  await Promise.all([
    ...intents.map((intent) => new Checkout(client, world, intent, patience).run()),
    ...interrupted.map(async ({ id, meta }) => {
      await again(world, () => client.operations.wake(id));
      const { cart } = (meta ?? { cart: id }) as { readonly cart: string };
      await again(world, async () => world.reported(cart, await client.operations.outcome(id, { waitTimeout: '5m' })));
    }),
  ]);
}

/** Once more after a moment, where the journal failed. */
async function again<T>(world: ShopWorld, work: () => Promise<T>): Promise<T | undefined> {
  for (let left = 3; left > 0; left--) {
    try {
      return await work();
    } catch (error) {
      world.failed('', error);
      await world.clock.sleep(2_000);
    }
  }
  return undefined;
}

/** One cart. */
class Checkout {
  readonly #client: Client;
  readonly #world: ShopWorld;
  readonly #intent: Intent;
  readonly #patience: number;
  readonly #number: number;
  /** Without a name every call is another operation, and another charge. */
  #calls = 0;
  #abort: AbortController | undefined;

  constructor(client: Client, world: ShopWorld, intent: Intent & { readonly number: number }, patience: number) {
    this.#client = client;
    this.#world = world;
    this.#intent = intent;
    this.#patience = patience;
    this.#number = intent.number;
  }

  get #cart(): string {
    return this.#intent.kind === 'anonymous'
      ? `a${this.#number}-${this.#world.life.serial}-${this.#calls}`
      : `c${this.#number}`;
  }

  async run(): Promise<void> {
    const { kind } = this.#intent;
    if (kind === 'discard') void this.#discards();
    let outcome = await this.#asked({});
    if (outcome?.status === 'rejected' && kind === 'retry-declined')
      outcome = await this.#asked({ retryRejected: true });
    if (outcome?.status === 'in-doubt' && kind === 'decide') await this.#decides(outcome);
  }

  async #asked(further: Partial<CallOptions>): Promise<Outcome | undefined> {
    for (let left = 3; left > 0; left--) {
      this.#calls++;
      try {
        const outcome = await this.#call(further);
        this.#world.reported(this.#cart, outcome);
        return outcome.status === 'pending' ? await this.#waits(outcome) : outcome;
      } catch (error) {
        this.#world.failed(this.#cart, error);
        if (!isOncewardError(error) || error.name !== 'JournalError') return undefined;
        if (error.effect === 'none') this.#world.refused(this.#cart);
        await this.#world.clock.sleep(2_000);
      }
    }
    return undefined;
  }

  async #call(further: Partial<CallOptions>): Promise<Outcome> {
    const { clock, draw } = this.#world;
    const { kind } = this.#intent;
    const answered = this.#world.waits(this.#cart);
    if (kind === 'cancel') {
      const abort = new AbortController();
      this.#abort = abort;
      void clock.sleep(draw.whole(0, 400)).then(() => abort.abort(new Error('the customer changed his mind')));
    }
    try {
      return await this.#client
        .post(this.#world.path, {
          once: kind === 'anonymous' ? anonymous : ['cart', this.#cart],
          json: { cart: this.#cart, kind, amount: 1999 },
          meta: { cart: this.#cart },
          ...(kind === 'key' && { key: `key-of-${this.#cart}` }),
          ...(kind === 'deadline' && { deadline: new Date(clock.now() + draw.whole(1_000, 90_000)) }),
          ...(this.#abort !== undefined && { signal: this.#abort.signal }),
          ...further,
        })
        .outcome();
    } finally {
      answered();
    }
  }

  /** Still pending: comes back for it, as a page that polls does. */
  async #waits(first: Outcome): Promise<Outcome> {
    const { clock } = this.#world;
    let outcome = first;
    for (let left = this.#patience; left > 0 && outcome.status === 'pending'; left--) {
      const { id, nextAttemptAt = 0 } = outcome.operation;
      await clock.sleep(Math.min(Math.max(1_000, nextAttemptAt - clock.now()), LONGEST_SLEEP));
      const answered = this.#world.waits(this.#cart);
      try {
        outcome = await this.#client.operations.outcome(id);
      } finally {
        answered();
      }
      this.#world.reported(this.#cart, outcome);
    }
    return outcome;
  }

  /** The customer leaves. */
  async #discards(): Promise<void> {
    const { clock, draw } = this.#world;
    await clock.sleep(draw.whole(1, 600));
    const id = ['cart', this.#cart];
    try {
      await this.#client.operations.discard(id);
    } catch (error) {
      this.#world.failed(this.#cart, error);
      if (!(error instanceof OperationStateError) || effectOf(error) !== 'possible') return;
      await this.#client.operations.discard(id, { evenIfPossiblySent: true }).catch(() => undefined);
    }
  }

  /** A person looks into the books of the server, and decides what is in doubt. */
  async #decides(outcome: Outcome): Promise<void> {
    const { clock } = this.#world;
    for (let left = 3; left > 0; left--) {
      const happened = this.#world.looksUp(outcome, this.#cart);
      try {
        const verdict = happened ? ({ effect: 'done' } as const) : ({ effect: 'none' } as const);
        const resolved = await this.#client.operations.resolve(outcome.operation.id, verdict);
        return this.#world.reported(this.#cart, resolved);
      } catch (error) {
        this.#world.failed(this.#cart, error);
        await clock.sleep(100_000);
      }
    }
  }
}
