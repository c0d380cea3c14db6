import { expect, test } from 'vitest';
import { isOpen } from '../../src/core/record.ts';
import { DEFAULT_RETENTION } from '../../src/core/retention.ts';
import { anonymous } from '../../src/index.node.ts';
import { inspectLog } from '../../src/journal/file/inspect.ts';
import { fileJournal } from '../../src/node.ts';
import { HOUR, type JournalWorld, journalWorld } from './journal-world.ts';
import { run } from './run.ts';

const DAY = 24 * HOUR;

async function old(): Promise<JournalWorld> {
  const world = await journalWorld();
  await world.charge('ancient', {}, DEFAULT_RETENTION.record + HOUR);
  await world.charge('old', {}, 2 * DAY);
  await world.charge('declined', {}, 2 * DAY);
  await world.charge('fresh');
  await world.doubt('doubt', {}, DEFAULT_RETENTION.record + HOUR);
  return world;
}

/** What is left of an answer and a request, by name. */
async function left(world: JournalWorld): Promise<Record<string, string>> {
  const said = (await world.records()).map(({ fixed, state }) => [
    fixed.id,
    `${state.tombstone ? 'tombstone' : state.state}${state.response?.body ? ' answer' : ''}${fixed.request.body ? ' request' : ''}`,
  ]);
  return Object.fromEntries(said) as Record<string, string>;
}

test('what is past its retention goes; again: nothing more', async () => {
  const world = await old();
  const pruned = await run('journal', 'prune', world.directory, '--json');
  expect([pruned.code, JSON.parse(pruned.stdout)]).toMatchObject([0, { answers: 2, records: 1 }]);
  expect(await left(world)).toEqual({
    ancient: 'tombstone',
    old: 'succeeded',
    declined: 'rejected',
    fresh: 'succeeded answer',
    doubt: 'in-doubt request',
  });
  const again = await run('journal', 'prune', world.directory);
  expect(again.stdout).toContain('Dropped 0 answers and 0 records');
});

test('no name is free afterwards: what happened does not happen again', async () => {
  const world = await old();
  await run('journal', 'prune', world.directory, '--response', '0s', '--record', '0s');
  const before = world.mock.effects().length;
  const client = world.client();
  for (const once of ['ancient', 'old', 'fresh']) {
    await expect(client.post('charges', { once, json: { amount: 1 } })).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_ALREADY_FINISHED',
    });
  }
  await client.close();
  expect(world.mock.effects()).toHaveLength(before);
});

test('what is open stays as it is, whatever was said', async () => {
  const world = await old();
  const client = world.client({ waitTimeout: 1 });
  // Nobody reads the outcome: nobody has been told.
  const untold = client.post('charges', { once: anonymous, json: { amount: 1 } });
  await expect.poll(async () => (await world.records()).filter(isOpen).length).toBe(2);
  await expect
    .poll(async () => (await world.records()).filter(({ state }) => state.state === 'succeeded').length)
    .toBe(4);
  await client.close();
  void untold;
  const open = (await world.records()).filter(isOpen);
  await run('journal', 'prune', world.directory, '--response', '0s', '--record', '0s');
  expect((await world.records()).filter(isOpen)).toEqual(open);
});

test('handed-in keys stay: no other operation may use them', async () => {
  const world = await journalWorld();
  const client = world.client();
  await client.post('charges', { once: 'a', key: 'my-own-key', json: { amount: 1 } });
  await run('journal', 'prune', world.directory, '--response', '0s', '--record', '0s');
  const other = client.post('charges', { once: 'b', key: 'my-own-key', json: { amount: 1 } });
  await expect(other).rejects.toMatchObject({ code: 'ERR_ONCEWARD_CONFLICT' });
  await client.close();
  const journal = fileJournal(world.directory);
  expect((await journal.list('key/')).records).toHaveLength(1);
  await journal.close();
});

test('the compaction itself drops nothing that is to be kept longer', async () => {
  const world = await old();
  const pruned = await run('journal', 'prune', world.directory, '--response', '3d', '--json');
  expect(JSON.parse(pruned.stdout)).toMatchObject({ answers: 0, records: 1 });
  expect((await left(world))['old']).toBe('succeeded answer');
  const report = await inspectLog(world.directory);
  expect([report.generation, report.snapshot > 0]).toEqual([2, true]);
});
