import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFinished } from '../../../src/core/record.ts';
import { isOperation } from '../../../src/core/save.ts';
import { fileJournal } from '../../../src/journal/file/file-journal.ts';
import { type Bank, openBank } from './bank.ts';
import { Boot, type Delivered, type Life, type SelfKill } from './boot.ts';
import type { Row, Tally } from './tally.ts';

/** One journal, one server, and the processes that live and die on them. */
export class World {
  readonly bank: Bank;
  readonly #directory: string;
  readonly #tally: Tally;
  readonly #names: string[] = [];
  readonly #called = new Set<string>();
  readonly #delivered = new Map<string, Delivered[]>();
  /** Kills whose worth only the next process can tell. */
  #pending: Row[] = [];

  private constructor(directory: string, bank: Bank, tally: Tally) {
    this.#directory = directory;
    this.bank = bank;
    this.#tally = tally;
  }

  /** Makes a world, lets `work` happen in it, judges it, and removes it. `plan` is shown where it fails. */
  static async live(plan: unknown, tally: Tally, work: (world: World) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'onceward-crash-'));
    const bank = await openBank();
    const world = new World(directory, bank, tally);
    try {
      await work(world);
      await world.#judge();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`In the world of ${JSON.stringify(plan)}: ${why}`, { cause: error });
    } finally {
      await bank.close();
      await rm(directory, { recursive: true, force: true });
    }
  }

  /** Two operations that no process has called yet. */
  newNames(): void {
    const pair = this.#names.length / 2 + 1;
    this.#names.push(`order-${pair}a`, `order-${pair}b`);
  }

  /** Starts a process that wants every operation named so far. */
  start(kill?: SelfKill, goAt?: number): Boot {
    this.#tally.processes += 1;
    const journal = join(this.#directory, 'journal');
    return new Boot({ journal, server: this.bank.url, names: this.#names, kill, goAt });
  }

  /** Takes in what a process has seen and said; `row` where it was meant to be killed. */
  took(life: Life, row?: Row): void {
    if (life.found) this.#compare(life.found, life.resumed);
    for (const name of life.called) this.#called.add(name);
    for (const outcome of life.outcomes)
      this.#delivered.set(outcome.name, [...(this.#delivered.get(outcome.name) ?? []), outcome]);
    if (life.killed && row !== undefined) this.#pending.push(row);
  }

  /** What a new process finds tells what the kill before it hit, and I5: whatever was not handed out is handed out now. */
  #compare(found: Readonly<Record<string, string>>, resumed: readonly string[]): void {
    const open = [...this.#called].filter((name) => !this.#delivered.has(name));
    const unfinished = open.filter((name) => found[name] === undefined || found[name] === 'pending');
    for (const row of this.#pending) this.#tally.kill(row, unfinished.length > 0);
    this.#pending = [];
    const claimed = open.filter((name) => found[name] !== undefined);
    const kept = claimed.filter((name) => !resumed.includes(name));
    assert.deepEqual(kept, [], 'claimed, handed out to nobody, and not in resume()');
  }

  /** The last process has ended: what does the server say, what did the processes get, what does the journal hold? */
  async #judge(): Promise<void> {
    const names = this.#names;
    const { bank } = this;
    const charges = names.map((name) => ({ name, effects: bank.effects(name), keys: bank.keys(name).length }));
    assert.deepEqual(
      charges,
      names.map((name) => ({ name, effects: 1, keys: 1 })),
    );
    const ledger = bank.ledger();
    assert.deepEqual(
      ledger.map(({ state, effects, status }) => ({ state, effects, status })),
      names.map(() => ({ state: 'stored', effects: 1, status: 201 })),
    );
    for (const name of names) {
      const outcomes = this.#delivered.get(name) ?? [];
      assert.notEqual(outcomes.length, 0, `no outcome of ${name} reached a process`);
      const given = outcomes.map(({ status, http, body, persisted }) => ({ status, http, body, persisted }));
      const wanted = { status: 'succeeded', http: 201, body: bank.answer(name), persisted: true };
      assert.deepEqual(
        given,
        given.map(() => wanted),
      );
    }
    await this.#readJournal();
    this.#tally.worlds += 1;
    this.#tally.operations += names.length;
    this.#tally.effects += ledger.reduce((sum, { effects }) => sum + effects, 0);
    this.#tally.delivered += names.filter((name) => this.#delivered.has(name)).length;
  }

  /** Read by the sources, not by the build that wrote it. */
  async #readJournal(): Promise<void> {
    const journal = fileJournal(join(this.#directory, 'journal'));
    const { records, unreadable } = await journal.list('');
    await journal.close();
    assert.deepEqual(unreadable, []);
    const stored = records.filter(isOperation).map(({ fixed, state }) => ({
      name: fixed.id,
      keys: [fixed.key],
      finished: isFinished(state),
    }));
    const wanted = this.#names.map((name) => ({ name, keys: this.bank.keys(name), finished: true }));
    assert.deepEqual(stored.sort(byName), wanted.sort(byName));
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
