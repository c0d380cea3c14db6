import { describe, expect, test } from 'vitest';
import { keyLifetime } from '../../../src/core/key-age.ts';
import { routeFacts } from '../../../src/core/route.ts';
import type { Client, Outcome } from '../../../src/index.node.ts';
import type { Fault } from '../../../src/mock/index.ts';
import { ietf, type Profile } from '../../../src/profiles/index.ts';
import { profileOf } from '../../../src/profiles/profile.ts';
import { BASE } from '../../mock/support/transports.ts';
import { EVERY_PROFILE } from './every-profile.ts';
import { CHARGE, makeWorld, type Transport, toldOutcome, type World } from './round-trip-world.ts';
import { routeOf } from './routes.ts';

/** The answer, or whether there was one, is lost in some way; the key is what makes it one charge all the same. */
const LOST: readonly Fault[] = [
  'reset-before',
  'reset-after',
  'lose-response',
  'truncate',
  'stall',
  'duplicate',
  { fault: 'status:503', retryAfter: '1' },
];

const REFUSALS = [400, 402, 404, 409, 422, 429, 500, 503];

/** What a key that already stands for other bytes comes to, told by hand for each API. `none` is true wherever it is told: nothing ran for these
 *  bytes. GoCardless compares nothing: a key handed in twice by somebody else's hand looks like one's own success. */
const REUSED: Readonly<Record<string, string>> = {
  ietf: 'in-doubt possible key-mismatch',
  'stripe-v1': 'in-doubt possible key-mismatch',
  paypal: 'in-doubt possible key-mismatch',
  square: 'in-doubt possible key-mismatch',
  adyen: 'rejected none network',
  gocardless: 'succeeded done recovered',
  'modern-treasury': 'rejected none network',
  zuora: 'in-doubt possible key-mismatch',
  'checkout-com': 'rejected none network',
  'azure-repeatable': 'rejected none network',
  increase: 'in-doubt possible key-mismatch',
  resend: 'in-doubt possible key-mismatch',
};

const generic = ietf({ keyLifetime: '24h' });
/** What the generic profile does not promise of every server: this one keeps all answers. */
const keepsAll = profileOf({
  ...ietf({ keyLifetime: '24h', storesClientErrors: true }).data,
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'yes', validation: 'yes' },
});
const ROWS: readonly (readonly [string, Profile])[] = [
  ...EVERY_PROFILE.map((profile) => [profile.name, profile] as const),
  ['ietf that keeps all', keepsAll],
  ['ietf with the key in the body', profileOf({ ...generic.data, carrier: { kind: 'json-body', path: 'request_id' } })],
  ['ietf with the key in quotes', ietf({ keyLifetime: '24h', encoding: 'sf-string' })],
];

/** Every profile, read by the client and spoken by the mock, in the situations it exists for. */
export function testRoundTrips(transport: Transport): void {
  describe.each(ROWS)(`%s over ${transport}`, (_name, profile) => {
    testLostAnswers(profile, transport);
    testRepeats(profile, transport);
    testRefusals(profile, transport);
    testExpiry(profile, transport);
    if (profile.data.answers.expired) testForgotten(profile, transport);
    if (profile.data.accepted === 'monitor') testMonitor(profile, transport);
    if (profile.data.accepted === 'final') testFinal(profile, transport);
  });
  describe.each(['monitor', 'reask'] as const)(`a 202 of ietf that means %s, over ${transport}`, (accepted) => {
    testMonitor(ietf({ keyLifetime: '24h', accepted }), transport);
  });
}

/** What is told is never less than what happened, nor more. */
function expectTrue(outcome: Outcome, charges: number): void {
  const told = { none: [0], possible: [0, 1], done: [1] }[outcome.effect];
  expect(told, `${toldOutcome(outcome)} is told, and ${charges} happened`).toContain(charges);
}

function testLostAnswers(profile: Profile, transport: Transport): void {
  test.each(LOST.map((fault) => [JSON.stringify(fault), fault] as const))('%s: charged once', async (_text, fault) => {
    const world = await makeWorld(profile, transport);
    world.mock.fail(fault);
    const outcome = await world.inTime(world.call(world.client()));
    world.mock.assertPlanConsumed();
    expectTrue(outcome, world.charges());
    // A 503 in JSON is what the key stands for where the API keeps those.
    const keptError = typeof fault === 'object' && profile.data.stores.serverErrors === 'yes';
    if (outcome.status !== 'in-doubt' || !keptError) {
      expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
      expect(bodyOf(outcome)).toContain('made-1');
    }
    expect(world.mock.effects().length).toBeLessThanOrEqual(1);
    expectOneKey(world);
  });
}

function testRepeats(profile: Profile, transport: Transport): void {
  test('in progress: waited for, with the same key', async () => {
    const world = await makeWorld(profile, transport);
    world.hold();
    const call = world.call(world.client());
    await world.until(() => world.log.some(({ outcome }) => outcome === 'in-progress'), 'it is told to be in progress');
    world.release();
    const outcome = await world.inTime(call);
    expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
    expectOneKey(world);
  });

  test('after a restart: the answer of the first run', async () => {
    const world = await makeWorld(profile, transport);
    const next = await lostAndRestarted(world);
    const [found] = await next.operations.resume();
    expect(found).toMatchObject({ status: 'pending', effect: 'possible' });
    const outcome = await world.inTime(next.operations.outcome('cart/1'));
    expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    expect(bodyOf(outcome)).toContain('made-1');
    expect(world.mock.effects()).toHaveLength(1);
    expect(await world.inTime(world.call(next))).toMatchObject({ status: 'succeeded', source: 'journal' });
    expectOneKey(world);
  });

  test('the key of another request: nothing runs', async () => {
    const world = await makeWorld(profile, transport);
    const key = crypto.randomUUID();
    expect((await world.byHand(key, { ...CHARGE, amount: 1 })).status).toBe(201);
    const outcome = await world.inTime(world.call(world.client(), { key }));
    expect(toldOutcome(outcome)).toBe(REUSED[profile.name]);
    expect(world.mock.effects()).toMatchObject([{ body: { amount: 1 } }]);
  });

  test('one key by hand and by the client, for the same request: one charge', async () => {
    const world = await makeWorld(profile, transport);
    const key = crypto.randomUUID();
    const client = world.client();
    world.mock.fail('lose-response');
    const outcome = await world.inTime(world.call(client, { key }));
    expect(outcome.effect).toBe('done');
    await world.lateCopy();
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
    expect(world.mock.ledger()).toMatchObject([{ key, effects: 1 }]);
  });
}

/** A refusal that is told as final has to stay true: not even a copy that was late on the way may charge after it. */
function testRefusals(profile: Profile, transport: Transport): void {
  test.each(REFUSALS)('%i to a lost first attempt: what is told stays true', async (status) => {
    const world = await makeWorld(profile, transport);
    // Twice: where the first is not kept, the second is what the client sees.
    world.says({ status }, { status });
    world.mock.fail('lose-response');
    const outcome = await world.inTime(world.call(world.client()));
    await world.lateCopy();
    expectTrue(outcome, world.charges());
    expectOneKey(world);
  });

  test.each(REFUSALS)('%i to the first attempt: what is told is true', async (status) => {
    const world = await makeWorld(profile, transport);
    world.says({ status });
    const outcome = await world.inTime(world.call(world.client()));
    expectTrue(outcome, world.charges());
    expectOneKey(world);
  });

  if (profile.data.stores.serverErrors !== 'yes') return;
  test.each(['seen', 'lost'])('a 500 that charged and is kept, %s: never told as none, never again', async (how) => {
    const world = await makeWorld(profile, transport);
    world.says({ status: 500, charged: true });
    if (how === 'lost') world.mock.fail('lose-response');
    const outcome = await world.inTime(world.call(world.client()));
    expect([outcome.status, outcome.effect]).toEqual(['in-doubt', 'possible']);
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
  });
}

function testExpiry(profile: Profile, transport: Transport): void {
  const { lifetime } = routeFacts(profile.data, 'POST', `${BASE}${routeOf(profile.name).path}`);
  const ms = keyLifetime(lifetime);
  const forever = !Number.isFinite(ms);
  // Where the result can be looked up, doubt is looked into first.
  const sure = forever || profile.data.recover?.when === 'doubt';

  test('the key expires while no process runs: never sent again', async () => {
    const world = await makeWorld(profile, transport);
    const next = await lostAndRestarted(world);
    await world.mock.clock.advance(forever ? '400d' : ms + 1_000);
    await next.operations.resume();
    const outcome = await world.inTime(next.operations.outcome('cart/1'));
    if (sure) expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    else expect(toldOutcome(outcome)).toBe('in-doubt possible key-expired');
    const again = await world.restart(next);
    expect((await world.inTime(world.call(again))).effect).toBe(outcome.effect);
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
    expectOneKey(world);
  });

  if (forever) return;
  test('the server asks for more patience than the key has: decided at once', async () => {
    const world = await makeWorld(profile, transport);
    world.mock.fail('lose-response', { fault: 'status:503', retryAfter: `${Math.ceil(ms / 1_000)}` });
    const before = world.mock.clock.now();
    const outcome = await world.inTime(world.call(world.client()));
    expect(world.mock.clock.now() - before).toBeLessThan(ms);
    expect(outcome.effect).toBe(sure ? 'done' : 'possible');
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
  });
}

function testForgotten(profile: Profile, transport: Transport): void {
  test('the server forgets sooner than it promised, and says so: in doubt', async () => {
    const world = await makeWorld(profile, transport, { keyLifetime: '1m' });
    const next = await lostAndRestarted(world);
    await world.mock.clock.advance('70s');
    const outcome = await world.inTime(world.call(next));
    expect(world.log.at(-1)?.outcome).toBe('expired');
    expect(toldOutcome(outcome)).toBe('in-doubt possible key-expired');
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
  });
}

function testMonitor(profile: Profile, transport: Transport): void {
  test('202 to a repeat: asked until it has ended', async () => {
    const world = await makeWorld(profile, transport, { inProgress: 'accepted' });
    world.hold();
    const call = world.call(world.client());
    const monitored = profile.data.accepted === 'monitor';
    await world.until(() => world.log.filter(({ outcome }) => outcome === 'accepted').length > 0, 'it is accepted');
    if (monitored) await world.until(() => world.asked() > 2, 'the monitor was asked');
    world.release();
    const outcome = await world.inTime(call);
    expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    expect(bodyOf(outcome)).toContain('made-1');
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
    expect(world.asked() > 0).toBe(monitored);
  });

  if (profile.data.accepted !== 'monitor') return;
  test.each(['seen', 'lost'])('202 to the first attempt, %s: asked until it has ended', async (how) => {
    const { path } = routeOf(profile.name);
    const states = ['NotStarted', 'Running', 'Succeeded'];
    const world = await makeWorld(profile, transport, {
      routes: {
        [`POST ${path}`]: () =>
          Response.json({ status: 'NotStarted' }, { status: 202, headers: { 'operation-location': '/operations/1' } }),
        'GET /operations/:id': ({ params }) => Response.json({ id: params['id'], status: states.shift() }),
      },
    });
    if (how === 'lost') world.mock.fail('lose-response');
    const outcome = await world.inTime(world.call(world.client()));
    expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    expect(bodyOf(outcome)).toBe('{"id":"1","status":"Succeeded"}');
    expect(world.mock.effects(`POST ${path}`)).toHaveLength(1);
  });
}

function testFinal(profile: Profile, transport: Transport): void {
  test.each(['seen', 'lost'])('202 is the answer, %s', async (how) => {
    const world = await makeWorld(profile, transport);
    world.says({ status: 202, charged: true });
    if (how === 'lost') world.mock.fail('lose-response');
    const outcome = await world.inTime(world.call(world.client()));
    expect([outcome.status, outcome.effect]).toEqual(['succeeded', 'done']);
    expect([world.charges(), world.mock.effects().length]).toEqual([1, 1]);
  });
}

/** It happened, nobody was told, and the process ended: the client of the next one. */
async function lostAndRestarted(world: World): Promise<Client> {
  world.mock.fail('lose-response');
  const first = world.client();
  const abandoned = world.call(first).catch(() => undefined);
  await world.until(() => world.charges() === 1, 'it happened');
  const next = await world.restart(first);
  await world.inTime(abandoned);
  return next;
}

/** Every attempt, of every process, carried one key. */
function expectOneKey(world: World): void {
  expect(new Set(world.mock.ledger().map(({ key }) => key)).size).toBe(1);
  expect(world.log.some(({ outcome }) => outcome === 'mismatch')).toBe(false);
}

function bodyOf(outcome: Outcome): string {
  const body = 'response' in outcome ? outcome.response?.body : undefined;
  return new TextDecoder().decode(body ?? new Uint8Array());
}
