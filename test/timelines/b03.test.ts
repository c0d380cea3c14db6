import { describe, expect, test } from 'vitest';
import { operationIdentity } from '../../src/core/identity.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { charge, JOURNALS, makeWorld, told, toldOutcome, type World } from './support/world.ts';

/** What a collection leaves of `cart/1`. */
async function collect(world: World): Promise<void> {
  const journal = world.journal();
  await journal.open();
  const record = (await journal.get(operationIdentity('shop', 'alice', 'cart/1'))) as OperationRecord;
  const { fixed: round, state } = toTombstone(record);
  const { won } = await journal.update(record.identity, { revision: record.revision, write: 'collect', state, round });
  await journal.close();
  if (!won) throw new Error('cart/1 changed while it was collected.');
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B3: a month after the charge, a stale tab gets its answer and not a second charge', async () => {
    const world = await makeWorld(kind);
    const first = world.client();
    expect(await told(charge(first, 'cart/1', 5))).toBe('201 {"charge":1}');
    await first.close();
    await world.clock.advance('31d');
    world.server.forgetKeys();
    const next = world.client();
    await next.operations.resume();
    expect(await told(charge(next, 'cart/1', 5))).toMatch(/^201 \{"charge":1\}$|^AlreadyFinishedError .* done$/);
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('B3: of a collected success the fact remains, whatever the bytes', async () => {
    const world = await makeWorld(kind);
    const first = world.client();
    await told(charge(first, 'cart/1', 5));
    await first.close();
    await collect(world);
    world.server.forgetKeys();
    const next = world.client();
    for (const [amount, options] of [
      [5, {}],
      [6, {}],
      [5, { retryRejected: true }],
    ] as const) {
      expect(await told(charge(next, 'cart/1', amount, options))).toBe('AlreadyFinishedError ALREADY_FINISHED done');
    }
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.server.arrivals).toHaveLength(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B3: discarded although it may have happened: the name does not charge again, collected or not', async () => {
    const world = await makeWorld(kind);
    world.server.script(
      { answer: 'reset' },
      { effect: false, answer: { status: 503, headers: { 'retry-after': '600' } } },
    );
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible retry-after');
    await expect(client.operations.discard('cart/1')).rejects.toMatchObject({ code: 'ERR_ONCEWARD_WRONG_STATE' });
    await client.operations.discard('cart/1', { evenIfPossiblySent: true });
    expect(await told(charge(client, 'cart/1', 5))).toBe('DiscardedError DISCARDED possible');
    await client.close();
    await collect(world);
    world.server.forgetKeys();
    expect(await told(charge(world.client(), 'cart/1', 6))).toBe('DiscardedError DISCARDED possible');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B3: only forget() makes the name free again', async () => {
    const world = await makeWorld(kind);
    const client = world.client();
    await told(charge(client, 'cart/1', 5));
    await client.operations.forget('cart/1');
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":2}');
    expect(new Set(world.server.keys()).size).toBe(2);
  });
});
