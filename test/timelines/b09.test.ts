import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, timePasses, told, toldOutcome, type World } from './support/world.ts';

/** A disk that fills up between the claim and the answer, and is cleared some day. */
function fullDisk() {
  const disk = { full: true };
  const beforeFinish = () => {
    if (disk.full) throw Object.assign(new Error('ENOSPC: no space left on device, fdatasync'), { code: 'ENOSPC' });
  };
  return { disk, moments: { beforeFinish } };
}

function expectOneCharge(world: World, requests: number): void {
  expect(world.server.arrivals).toHaveLength(requests);
  expect(new Set(world.server.keys()).size).toBe(1);
  expect(world.server.charges).toHaveLength(1);
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B9: the disk is full when the answer comes: the caller gets the answer, and is told that it is not stored', async () => {
    const world = await makeWorld(kind);
    const { moments } = fullDisk();
    const run = world.run({ moments });
    const call = charge(run.client, 'cart/1', 5);
    expect(await told(call)).toBe('201 {"charge":1}');
    expect(await toldOutcome(call.outcome())).toBe('succeeded done network unpersisted');
    // While it lives it knows the answer, and asks nobody again.
    expect(await told(charge(run.client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expectOneCharge(world, 1);
    run.kill();
    const next = world.client();
    expect(await next.operations.resume()).toMatchObject([{ id: 'cart/1', status: 'pending', effect: 'possible' }]);
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done replay');
    expectOneCharge(world, 2);
  });

  test('B9: once there is room again, the answer is stored after all', async () => {
    const world = await makeWorld(kind);
    const { disk, moments } = fullDisk();
    const client = world.client({ moments });
    await told(charge(client, 'cart/1', 5));
    disk.full = false;
    const other = world.client();
    const stored = async () => (await other.operations.get('cart/1'))?.status === 'succeeded';
    await timePasses(world, stored, 'the answer was stored');
    expect(await toldOutcome(other.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expectOneCharge(world, 1);
  });

  test('B9: before the send it is the other way round: what cannot be stored is not sent', async () => {
    const world = await makeWorld(kind);
    const beforeClaim = () => {
      throw new Error('EIO');
    };
    expect(await told(charge(world.client({ moments: { beforeClaim } }), 'cart/1', 5))).toBe(
      'JournalError JOURNAL none unavailable',
    );
    expect(world.server.arrivals).toEqual([]);
  });
});
