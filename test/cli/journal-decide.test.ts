import { describe, expect, test } from 'vitest';
import { onTerminal } from './journal-terminal.ts';
import { HOUR, type JournalWorld, journalWorld } from './journal-world.ts';
import { run } from './run.ts';

/** How an operation stands for its own client. */
async function standing(world: JournalWorld, id: string): Promise<string> {
  const client = world.client();
  const operation = await client.operations.get(id);
  await client.close();
  return `${operation?.status} ${operation?.effect}`;
}

describe('resolve', () => {
  test('--done: it succeeded, for the application too, and the record says who decided', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    const { code, stdout } = await run('journal', 'resolve', world.directory, 'cart/1', '--done', '--yes');
    expect([code, stdout]).toEqual([0, 'cart/1: succeeded, effect done.\n']);
    expect(await standing(world, 'cart/1')).toBe('succeeded done');
    expect((await run('journal', 'show', world.directory, 'cart/1')).stdout).toContain(
      'decided   by a person, with onceward journal',
    );
  });

  test('--none: the name is free, and a call with it sends again, with another key', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    const before = await world.record('cart/1');
    const { code, stdout } = await run('journal', 'resolve', world.directory, 'cart/1', '--none', '--yes', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { id: 'cart/1', status: 'discarded', decidedHere: true }]);
    expect(await standing(world, 'cart/1')).toBe('discarded none');
    expect(await world.charge('cart/1')).toMatchObject({ status: 'succeeded', source: 'network' });
    const after = await world.record('cart/1');
    expect([after.fixed.round, after.fixed.key === before.fixed.key]).toEqual([2, false]);
  });

  test('--none waits until no copy can still arrive, by the attempt time-out of the client', async () => {
    const world = await journalWorld();
    // 90 s: 30 s and a minute.
    await world.doubt('cart/1', {}, 80_000);
    const none = (...options: string[]) =>
      run('journal', 'resolve', world.directory, 'cart/1', '--none', '--yes', ...options);
    const { code, stderr } = await none();
    const { lastSentAt = 0 } = (await world.record('cart/1')).state;
    expect(code).toBe(1);
    expect(stderr).toContain(`could still arrive until ${new Date(lastSentAt + 90_000).toISOString()}`);
    expect(await standing(world, 'cart/1')).toBe('in-doubt possible');
    expect((await none('--attempt-timeout', '10s')).code).toBe(0);
  });

  test('only what is in doubt', async () => {
    const world = await journalWorld();
    await world.charge('cart/1', {}, HOUR);
    const { code, stderr } = await run('journal', 'resolve', world.directory, 'cart/1', '--done', '--yes');
    expect([code, stderr]).toEqual([
      1,
      'onceward: cart/1: it is not in doubt (succeeded); there is nothing to decide.\n',
    ]);
  });
});

describe('discard', () => {
  test('what may have happened only when that is said; the name stays taken', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    const refused = await run('journal', 'discard', world.directory, 'cart/1', '--yes');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('say --even-if-possibly-sent')]);
    const done = await run('journal', 'discard', world.directory, 'cart/1', '--yes', '--even-if-possibly-sent');
    expect([done.code, done.stdout]).toEqual([0, 'cart/1: discarded, effect possible.\n']);
    const again = await run('journal', 'discard', world.directory, 'cart/1', '--yes', '--even-if-possibly-sent');
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already ended (discarded)')]);
    expect(await world.charge('cart/1')).toMatchObject({ status: 'discarded', effect: 'possible' });
  });
});

describe('which one', () => {
  test('an id that several have: listed, and nothing is changed', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    await world.doubt('cart/1', { owner: 'bob' }, HOUR);
    await world.doubt('cart/1', { owner: 'bob', name: 'other' }, HOUR);
    const before = await world.records();
    const { code, stderr } = await run('journal', 'resolve', world.directory, 'cart/1', '--done', '--yes');
    expect([code, stderr.split('\n').slice(1, 4)]).toEqual([
      2,
      ['  --client other --owner bob', '  --client shop --owner alice', '  --client shop --owner bob'],
    ]);
    expect(await world.records()).toEqual(before);
    const meant = ['--client', 'shop', '--owner', 'bob'];
    expect((await run('journal', 'resolve', world.directory, 'cart/1', '--done', '--yes', ...meant)).code).toBe(0);
    const ended = (await world.records()).filter(({ state }) => state.state === 'succeeded');
    expect(ended.map(({ identity }) => identity)).toEqual(['shop/bob/cart%2F1']);
  });
  test('an id that nobody has', async () => {
    const world = await journalWorld();
    await world.charge('cart/1');
    expect((await run('journal', 'discard', world.directory, 'cart/2', '--yes')).code).toBe(1);
  });
});

describe('asking', () => {
  test('without a terminal and without --yes nothing is changed', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    const { code, stderr } = await run('journal', 'resolve', world.directory, 'cart/1', '--done');
    expect([code, stderr]).toEqual([2, expect.stringContaining('Say --yes if it is meant')]);
    expect(await standing(world, 'cart/1')).toBe('in-doubt possible');
  });

  test.each([
    ['y\n', 0, 'succeeded done'],
    ['\n', 1, 'in-doubt possible'],
    ['yes, I think\n', 1, 'in-doubt possible'],
    ['\x04', 1, 'in-doubt possible'],
  ])('on a terminal %j ends with %i', async (typed, code, after) => {
    const world = await journalWorld();
    await world.doubt('cart/1', {}, HOUR);
    const told = await onTerminal({ typed }, 'journal', 'resolve', world.directory, 'cart/1', '--done');
    expect(told.text).toContain('cart/1 of alice (client shop)');
    expect(told.text).toContain(
      'POST https://pay.example/charges, in-doubt (not-repeatable), 1 attempt, effect possible',
    );
    expect(told.code).toBe(code);
    expect(await standing(world, 'cart/1')).toBe(after);
  });
});
