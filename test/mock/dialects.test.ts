import { describe, expect, test } from 'vitest';
import type { Profile } from '../../src/core/profile.ts';
import { routeFacts } from '../../src/core/route.ts';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { ietf } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { carry } from '../profiles/support/carry.ts';
import { EVERY_PROFILE } from '../profiles/support/every-profile.ts';
import { routeOf } from '../profiles/support/routes.ts';
import { BASE } from './support/transports.ts';

/** A status, and something that stands in head or body. */
type Said = readonly [status: number, ...words: readonly string[]];

/** How an API is seen to speak, written down by hand: what its profile says must not change unnoticed. */
interface Speech {
  readonly longestKey: number;
  readonly inProgress: Said;
  readonly mismatch: Said;
  /** Absent: it runs, unprotected. */
  readonly missing?: Said;
  readonly malformed: Said;
  /** Absent: the first answer's bytes. */
  readonly replay?: Said;
  /** A header on replays alone. */
  readonly marker?: string;
  /** A header on the first answer and on replays. */
  readonly honoured?: string;
  /** In minutes; absent: for ever. */
  readonly minutes?: number;
  /** Absent: a forgotten key is a new key. */
  readonly expired?: Said;
}

const DAY = 24 * 60;
/** The mock's own words. */
const OWN = {
  inProgress: [409, 'has not finished'],
  mismatch: [422, 'belongs to another request'],
  malformed: [400, 'malformed'],
} as const;

const SPEECH: Readonly<Record<string, Speech>> = {
  ietf: {
    longestKey: 255,
    inProgress: [409, 'A request is outstanding', 'retry-after'],
    mismatch: [422, 'Idempotency-Key is already used'],
    missing: [400, 'Idempotency-Key is missing'],
    malformed: OWN.malformed,
    marker: 'idempotent-replayed',
    minutes: DAY,
  },
  'stripe-v1': {
    longestKey: 255,
    inProgress: [409, 'idempotency_key_in_use', 'stripe-should-retry'],
    mismatch: [400, 'idempotency_error'],
    malformed: OWN.malformed,
    marker: 'idempotent-replayed',
    minutes: DAY,
  },
  paypal: {
    ...OWN,
    longestKey: 108,
    inProgress: [409, 'PREVIOUS_REQUEST_IN_PROGRESS'],
    mismatch: [422, 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED'],
    replay: [200, '"id":"made-1"', 'COMPLETED'],
    minutes: 6 * 60,
  },
  square: {
    longestKey: 45,
    inProgress: OWN.inProgress,
    mismatch: [400, 'IDEMPOTENCY_KEY_REUSED'],
    missing: [400, 'MISSING_REQUIRED_PARAMETER'],
    malformed: [400, 'VALUE_TOO_LONG'],
    minutes: 5,
  },
  adyen: {
    ...OWN,
    longestKey: 64,
    inProgress: [409, '"704"', 'transient-error'],
    honoured: 'idempotency-key',
    minutes: 7 * DAY,
  },
  gocardless: {
    ...OWN,
    longestKey: 128,
    mismatch: [409, 'idempotent_creation_conflict'],
    replay: [409, '"conflicting_resource_id":"made-1"'],
    minutes: 5,
  },
  'modern-treasury': {
    ...OWN,
    longestKey: 180,
    inProgress: [409, 'being processed'],
    malformed: [400, 'header_invalid'],
    minutes: DAY,
  },
  zuora: {
    ...OWN,
    longestKey: 254,
    inProgress: [409, '90000050'],
    mismatch: [422, '90000020'],
    minutes: DAY,
  },
  'checkout-com': { ...OWN, longestKey: 64, inProgress: [409], minutes: DAY },
  'azure-repeatable': {
    longestKey: 36,
    inProgress: [409, 'repeatability-result', 'accepted'],
    mismatch: [400, 'repeatability-result', 'rejected'],
    malformed: [400],
    honoured: 'repeatability-result',
    minutes: 5,
    expired: [412, 'repeatability-result', 'rejected'],
  },
  increase: {
    ...OWN,
    longestKey: 200,
    mismatch: [409, 'idempotency_key_already_used_error'],
    marker: 'idempotent-replayed',
  },
  resend: {
    longestKey: 256,
    inProgress: [409, 'concurrent_idempotent_requests'],
    mismatch: [409, 'invalid_idempotent_request'],
    malformed: [400, 'invalid_idempotency_key'],
    minutes: DAY,
  },
};

const quoted = ietf({ keyLifetime: '24h', encoding: 'sf-string' });
const inBody = profileOf({ ...quoted.data, carrier: { kind: 'json-body', path: 'request_id' } });

const ROWS: readonly (readonly [string, Profile])[] = [
  ...EVERY_PROFILE.map((profile) => [profile.name, profile] as const),
  ['ietf, the key in quotes', quoted],
  ['ietf, the key in the body', inBody],
];

interface Api {
  readonly mock: Mock;
  readonly speech: Speech;
  readonly path: string;
  /** Requests wait in the handler until it is opened. */
  readonly gate: PromiseWithResolvers<void>;
  send(key: string | null, json?: object): Promise<Seen>;
}

interface Seen {
  readonly status: number;
  readonly headers: Headers;
  /** Head and body. */
  readonly text: string;
  readonly body: string;
}

/** The mock as one API. */
function start(profile: Profile, { held = false } = {}): Api {
  const { path, created } = routeOf(profile.name);
  const speech = SPEECH[profile.name];
  if (speech === undefined) throw new Error(`SPEECH has no row for ${profile.name}: add one.`);
  const gate = Promise.withResolvers<void>();
  if (!held) gate.resolve();
  let made = 0;
  const handler = async (): Promise<Response> => {
    await gate.promise;
    made += 1;
    return Response.json(created(`made-${made}`), { status: 201 });
  };
  const mock = createMock({ baseUrl: BASE, profile, routes: { [`POST ${path}`]: handler } });
  const startedAt = mock.clock.now();
  const send: Api['send'] = async (key, json = { amount: 1 }) => {
    const answer = await mock.fetch(path, carry(profile, key, json, startedAt));
    const body = await answer.text();
    const head = [...answer.headers].map((pair) => pair.join(': ')).join('\n');
    return { status: answer.status, headers: answer.headers, body, text: `${head}\n\n${body}` };
  };
  return { mock, speech, path, gate, send };
}

function expectSaid({ status, text }: Seen, [expected, ...words]: Said): void {
  expect(status).toBe(expected);
  for (const word of words) expect(text).toContain(word);
}

describe.each(ROWS)('the mock speaks %s', (_name, profile) => {
  const key = crypto.randomUUID();

  test('the first touch runs once; repeats get what this API says to them', async () => {
    const { mock, speech, send } = start(profile);
    const first = await send(key);
    expect(first.status).toBe(201);
    for (let repeat = 0; repeat < 2; repeat += 1) {
      const again = await send(key);
      if (speech.replay) expectSaid(again, speech.replay);
      else expect([again.status, again.body]).toEqual([201, first.body]);
      if (speech.marker) expect(again.headers.get(speech.marker)).toBe('true');
      if (speech.honoured) expect(again.headers.get(speech.honoured)).toBe(first.headers.get(speech.honoured));
    }
    expect([...first.headers.keys()].includes(speech.marker ?? 'x-none')).toBe(false);
    if (speech.honoured) expect([key, 'accepted']).toContain(first.headers.get(speech.honoured));
    expect(mock.ledger()).toMatchObject([{ key, state: 'stored', hits: 3, effects: 1 }]);
  });

  test('fifty at once run once, and the others are told that it runs', async () => {
    const { mock, speech, gate, send } = start(profile, { held: true });
    const sent = Array.from({ length: 50 }, () => send(key));
    await expect.poll(() => mock.ledger()[0]?.hits, { timeout: 10_000 }).toBe(50);
    gate.resolve();
    const seen = await Promise.all(sent);
    expect(seen.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const one of seen.filter(({ status }) => status !== 201)) expectSaid(one, speech.inProgress);
    expect(mock.effects()).toMatchObject([{ key }]);
  });

  test('the same key with another body runs nothing', async () => {
    const { mock, speech, send } = start(profile);
    await send(key);
    expectSaid(await send(key, { amount: 2 }), speech.mismatch);
    expect(mock.effects()).toHaveLength(1);
  });

  test('without a key', async () => {
    const { mock, speech, send } = start(profile);
    const seen = [await send(null), await send(null)];
    for (const one of seen) expectSaid(one, speech.missing ?? [201]);
    expect(mock.effects()).toHaveLength(speech.missing ? 0 : 2);
    expect(mock.ledger()).toEqual([]);
  });

  test('the longest key is taken, a longer one and one with a space are not', async () => {
    const { mock, speech, send } = start(profile);
    const longest = profile.data.key.uuidOnly ? key : 'k'.repeat(speech.longestKey);
    expect(longest).toHaveLength(speech.longestKey);
    expect((await send(longest)).status).toBe(201);
    for (const wrong of [`${longest}k`, 'two words']) expectSaid(await send(wrong), speech.malformed);
    expect(mock.ledger()).toMatchObject([{ key: longest }]);
    expect(mock.effects()).toHaveLength(1);
  });

  test('a key is known until its end, and then is new or refused', async () => {
    const { mock, speech, send } = start(profile);
    await send(key);
    const end = (speech.minutes ?? 400 * DAY) * 60_000;
    await mock.clock.advance(end - 5_000);
    await send(key);
    expect(mock.effects()).toHaveLength(1);
    await mock.clock.advance(5_000);
    const later = await send(key);
    if (speech.expired) expectSaid(later, speech.expired);
    const forgotten = speech.minutes !== undefined && speech.expired === undefined;
    expect(mock.effects()).toHaveLength(forgotten ? 2 : 1);
  });

  test('the client counts with the same length and the same end', () => {
    const { path, speech } = start(profile);
    const { keyLimit, lifetime } = routeFacts(profile.data, 'POST', `${BASE}${path}`);
    // A key of the client's own has to fit as well.
    expect(keyLimit).toBeGreaterThanOrEqual(36);
    expect(keyLimit).toBe(speech.longestKey);
    if ('ms' in lifetime) expect(lifetime.ms).toBe((speech.minutes ?? 0) * 60_000);
  });
});
