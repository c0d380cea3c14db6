import { describe, expect, test } from 'vitest';
import type { DriverMark } from '../../src/core/driver-mark.ts';
import { processTable } from '../../src/node/process-table.ts';
import { charge, inTime, JOURNALS, makeWorld, timePasses, told, until, type World } from './support/world.ts';

const here = processTable().self();
/** No process has it. */
const NOBODY = { pid: 2 ** 22 + 1, startTime: '1' };

/** Whose mark is on the operation, and how long a follower waits for that one. */
const DRIVERS: readonly (readonly [what: string, mark: Omit<DriverMark, 'nonce'>, waits: 'no time' | 'for a lease'])[] =
  [
    ['a process of this machine that is no more', { ...here, ...NOBODY }, 'no time'],
    [
      'the pid of another container, which has it too and started later',
      { ...here, startTime: '1', pidNamespace: 'pid:[1]' },
      'for a lease',
    ],
    [
      'a pid that another container has and nobody here',
      { ...here, ...NOBODY, pidNamespace: 'pid:[1]' },
      'for a lease',
    ],
  ];

describe.each(JOURNALS)('%s', (kind) => {
  test.each(DRIVERS)('M18: driven by %s', async (_, mark, waits) => {
    const world = await makeWorld(kind);
    await leftBy(world, mark);
    const follower = world.client({ waitTimeout: '10m' });
    const before = world.clock.monotonic();
    const call = told(charge(follower, 'cart/1', 5));
    await timePasses(world, () => world.server.arrivals.length === 2, 'taken over');
    const waited = world.clock.monotonic() - before;
    // The lease of an unknowable driver is 30 s at least; what is known to be gone is seen within a poll, and the rest is the disk's.
    if (waits === 'no time') expect(waited).toBeLessThan(30_000);
    else expect(waited).toBeGreaterThanOrEqual(30_000);
    expect(await inTime(world, call)).toBe('201 {"charge":1}');
    expect(new Set(world.server.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M18: a closed client in a process that lives holds nothing up', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'silence' });
    const first = world.client();
    void told(charge(first, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 1, 'sent');
    await first.close({ timeout: 0 });
    const before = world.clock.monotonic();
    expect(await inTime(world, told(charge(world.client(), 'cart/1', 5)))).toBe('201 {"charge":1}');
    expect(world.clock.monotonic() - before).toBeLessThan(30_000);
    expect(world.server.charges).toHaveLength(1);
  });
});

/** Sent once, not answered, and the record says that `mark` drives it. */
async function leftBy(world: World, mark: Omit<DriverMark, 'nonce'>): Promise<void> {
  world.server.script({ answer: 'silence' });
  const run = world.run();
  void told(charge(run.client, 'cart/1', 5));
  await until(() => world.server.arrivals.length === 1, 'sent');
  run.kill();
  const journal = world.journal();
  const { records } = await journal.list('', { open: true });
  const [record] = records;
  if (record?.fixed.kind !== 'operation' || record.state === undefined) throw new Error('No operation is stored.');
  const state = { ...record.state, driver: { nonce: 'somebody', ...mark } };
  await journal.update(record.identity, { revision: record.revision, write: 'planted', state });
  await journal.close();
}
