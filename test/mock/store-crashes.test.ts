import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMock, type LedgerChange, type LedgerStore, type Mock } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

/** Writes when it is told to: what a process that dies leaves behind is what had been written by then. */
class SlowStore implements LedgerStore {
  readonly written: LedgerChange[];
  #waiting: (() => void)[] = [];

  constructor(written: readonly LedgerChange[] = []) {
    this.written = [...written];
  }

  load(): readonly LedgerChange[] {
    return [...this.written];
  }

  append(change: LedgerChange): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.written.push(change);
        resolve();
      });
    });
  }

  flush(): void {
    for (const write of this.#waiting.splice(0)) write();
  }

  clear(): void {
    this.written.length = 0;
  }

  async close(): Promise<void> {}
}

type Step = 'flush' | 'crash' | 'restart' | 'pause' | 0 | 1 | 2;

const STEPS: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.constantFrom<Step>('flush', 'flush', 'crash', 'restart', 'pause', 0, 0, 1, 1, 2, 2),
  { minLength: 5, maxLength: 40 },
);

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One server after the other on what was written. */
class World {
  store = new SlowStore();
  mock: Mock;
  readonly #inProgress: 'conflict' | 'wait';
  /** What anybody was answered, by key. */
  readonly answers = new Map<number, Set<string>>();
  readonly #gone: SlowStore[] = [];
  #open = 0;

  constructor(inProgress: 'conflict' | 'wait') {
    this.#inProgress = inProgress;
    this.mock = this.#server();
  }

  send(key: number): void {
    const { mock } = this;
    this.#open += 1;
    void mock
      .fetch(`${BASE}/x`, post({}, { 'idempotency-key': `key-${key}` }))
      .then(async (answer) => {
        // Nothing comes out of a process that is gone.
        if (answer.status === 201 && mock === this.mock)
          this.answers.set(key, (this.answers.get(key) ?? new Set()).add(await answer.text()));
      })
      .catch(() => {})
      .finally(() => {
        this.#open -= 1;
      });
  }

  /** The process is gone, with all that it had not written. */
  restart(): void {
    const { store } = this;
    void this.mock.crash();
    this.store = new SlowStore(store.written);
    this.mock = this.#server();
    this.#gone.push(store);
  }

  async settle(): Promise<void> {
    while (this.#open > 0) {
      // Stores that are gone write into nowhere, so that what still runs on them comes to its end.
      for (const store of [this.store, ...this.#gone]) store.flush();
      await turn();
    }
  }

  #server(): Mock {
    const handler = async (): Promise<Response> => {
      await turn();
      return new Response(crypto.randomUUID(), { status: 201 });
    };
    return createMock({ ledger: this.store, inProgress: this.#inProgress, routes: { 'POST /x': handler } });
  }
}

async function live(steps: readonly Step[], inProgress: 'conflict' | 'wait'): Promise<World> {
  const world = new World(inProgress);
  const crashes: Promise<void>[] = [];
  for (const step of steps) {
    if (typeof step === 'number') world.send(step);
    else if (step === 'flush') world.store.flush();
    else if (step === 'crash') crashes.push(world.mock.crash());
    else if (step === 'restart') world.restart();
    await turn();
  }
  await world.settle();
  return world;
}

test.each(['conflict', 'wait'] as const)(
  'whenever the server dies and whatever was written by then: nobody is told what is not written, and nothing is done twice (%s)',
  async (inProgress) => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const world = await live(steps, inProgress);
        for (const key of [0, 1, 2]) world.send(key);
        await world.settle();
        world.restart();
        for (const key of [0, 1, 2]) world.send(key);
        await world.settle();
        expect([...world.answers.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
        expect(
          world.mock
            .effects()
            .map(({ key }) => key)
            .toSorted(),
        ).toEqual(['key-0', 'key-1', 'key-2']);
        expect(world.mock.ledger().map(({ effects, state }) => [effects, state])).toEqual(
          Array.from({ length: 3 }, () => [1, 'stored']),
        );
      }),
      { numRuns: 150 },
    );
  },
);

test('a server that comes back first reads what was being written: no repeat is told that a dead process still runs', async () => {
  const world = new World('conflict');
  const { mock, store } = world;
  const init = post({}, { 'idempotency-key': 'k' });
  const cut = mock.fetch(`${BASE}/x`, init).catch((error: unknown) => error);
  await expect.poll(() => mock.ledger()[0]?.effects).toBe(1);
  await turn();
  await turn();
  const crashed = mock.crash();
  expect(await cut).toBeInstanceOf(TypeError);
  const again = mock.fetch(`${BASE}/x`, init);
  await turn();
  store.flush();
  await crashed;
  expect((await again).headers.get('idempotent-replayed')).toBe('true');
  expect(mock.effects()).toHaveLength(1);
});

test('a lease that is over while the end is being written down is not taken: it has ended', async () => {
  const store = new SlowStore();
  const mock = createMock({ ledger: store, lease: '10s' });
  const init = post({}, { 'idempotency-key': 'k' });
  const first = mock.fetch(`${BASE}/x`, init);
  await expect.poll(() => mock.events().at(-1)?.kind).toBe('locked');
  store.flush();
  await expect.poll(() => mock.events().at(-1)?.kind).toBe('effect');
  await turn();
  await mock.clock.advance('10s');
  expect((await mock.fetch(`${BASE}/x`, init)).status).toBe(409);
  store.flush();
  expect((await first).status).toBe(201);
  expect((await mock.fetch(`${BASE}/x`, init)).headers.get('idempotent-replayed')).toBe('true');
  expect(mock.effects()).toHaveLength(1);
});
