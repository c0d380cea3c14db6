import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  type Journal,
  storeJournal,
} from '../../src/index.node.ts';
import { createMock, type Fault } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';
import { fileJournal } from '../../src/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { slowed } from '../support/client-journals.ts';
import { toldError } from '../support/client-world.ts';
import { type MapStore, mapStore } from '../support/map-store.ts';

/** What must be found nowhere: as it is, and at every alignment of base64. */
const CANARY = 'canary-5f2e9c71-b0d4';
const FORMS = [
  CANARY,
  ...[0, 1, 2].map((offset) => base64At(CANARY, offset)),
  Buffer.from(CANARY).toString('hex'),
  encodeURIComponent(`${CANARY} `).slice(0, -3),
];

/** The characters of base64 that `text` fixes where it begins `offset` bytes into a group of three. */
function base64At(text: string, offset: number): string {
  const coded = Buffer.from('\0'.repeat(offset) + text).toString('base64');
  return coded.slice(offset === 0 ? 0 : offset + 1, -4);
}

function expectNoSecret(where: string, text: string): void {
  for (const form of FORMS)
    expect(text.toLowerCase().includes(form.toLowerCase()), `${where} holds ${form}: ${text.slice(0, 400)}`).toBe(
      false,
    );
}

/** Everything an error shows, by itself and through its causes. */
function shown(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return inspect(error, { depth: 9, showHidden: true });
  const own = Object.getOwnPropertyNames(error).map(
    (name) => `${name}: ${String((error as unknown as Record<string, unknown>)[name])}`,
  );
  const json = 'toJSON' in error ? JSON.stringify(error) : JSON.stringify(Object.assign({}, error));
  const cause = error.cause === undefined || depth > 8 ? '' : shown(error.cause, depth + 1);
  return [
    error.message,
    error.stack,
    String(error),
    json,
    ...own,
    inspect(error),
    inspect(error, { depth: 9, showHidden: true }),
    cause,
  ].join('\n');
}

const mock = createMock({ tenant: () => 'shop' });
let server: Listening;
let store: MapStore;
let directory = '';
beforeEach(async () => {
  mock.reset();
  server = await listen(mock);
  store = mapStore();
  directory = await mkdtemp(join(tmpdir(), 'onceward-secret-'));
});
afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

type Kind = 'store' | 'file';

async function stored(kind: Kind): Promise<string> {
  if (kind === 'store') return JSON.stringify([...store.values]);
  const names = await readdir(directory, { recursive: true });
  const files = names.map((name) => readFile(join(directory, name)).catch(() => Buffer.from(name)));
  return Buffer.concat(await Promise.all(files)).toString('latin1');
}

interface Case {
  readonly client?: Partial<ClientOptions>;
  readonly call?: Partial<CallOptions>;
  readonly url?: string;
  readonly faults?: readonly Fault[];
  readonly around?: (journal: Journal) => Journal;
  /** Class, code and effect. */
  readonly gets: string;
}

const BEARER = { authorization: `Bearer ${CANARY}` };
const throws = (error: unknown) => (): never => {
  throw error;
};
const leaky = (message: string): Error =>
  Object.assign(new Error(message), { detail: CANARY, command: { name: 'set', args: [CANARY] } });
const PARKED = 'StillPendingError STILL_PENDING none credentials';
const REFUSED = 'UsageError INVALID_OPTION none';

const CASES: Readonly<Record<string, Case>> = {
  'authorize, and success': { client: { authorize: () => BEARER }, gets: 'nothing' },
  'authorize, and every kind of credential header': {
    client: {
      authorize: () => ({ ...BEARER, cookie: `a=${CANARY}`, 'x-api-key': CANARY, dpop: CANARY, 'x-own': CANARY }),
      authorizeHeaders: ['X-Own'],
    },
    gets: 'nothing',
  },
  'authorize, and a refusal': {
    client: { authorize: () => BEARER },
    faults: ['status:402'],
    gets: 'HTTPError HTTP none 402',
  },
  'authorize, and doubt': {
    client: { authorize: () => BEARER },
    faults: ['status:501'],
    gets: 'InDoubtError IN_DOUBT possible not-repeatable',
  },
  'authorize, and 401 twice': {
    client: { authorize: () => BEARER },
    faults: ['status:401', 'status:401'],
    gets: PARKED,
  },
  'authorize, and a lost answer': {
    client: { authorize: () => BEARER },
    faults: ['reset-after', 'truncate', 'status:500'],
    gets: 'nothing',
  },
  'authorize, and a long wait': {
    client: { authorize: () => BEARER },
    faults: [{ fault: 'status:503', retryAfter: '3600' }],
    gets: 'StillPendingError STILL_PENDING possible retry-after',
  },
  'authorize, and a redirect': {
    client: { authorize: () => BEARER },
    faults: ['status:301'],
    gets: 'InDoubtError IN_DOUBT possible redirect',
  },
  'an authorize that throws it': { client: { authorize: throws(new Error(CANARY)) }, gets: PARKED },
  'an authorize that rejects with it': { client: { authorize: () => Promise.reject(leaky(CANARY)) }, gets: PARKED },
  'an authorize that throws it as a text': { client: { authorize: throws(CANARY) }, gets: PARKED },
  'an authorize that throws an error named so': {
    client: { authorize: throws(Object.assign(new Error('x'), { name: CANARY })) },
    gets: PARKED,
  },
  'an authorize with an invalid value': {
    client: { authorize: () => ({ authorization: `Bearer\n${CANARY}` }) },
    gets: PARKED,
  },
  'an authorize with a value beyond Latin-1': {
    client: { authorize: () => ({ authorization: `${CANARY} \u20ac` }) },
    gets: PARKED,
  },
  'an authorize with a header that is no credential': {
    client: { authorize: () => ({ 'x-tenant': CANARY }) },
    gets: PARKED,
  },
  'an authorize that returns no headers': {
    client: { authorize: () => CANARY as unknown as HeadersInit },
    gets: PARKED,
  },
  'an owner function that throws it': {
    client: { owner: throws(new Error(CANARY)) },
    gets: 'UsageError NO_OWNER none',
  },
  'a credential among the headers': { call: { headers: BEARER }, gets: REFUSED },
  'an unknown header': { call: { headers: { 'x-token': CANARY } }, gets: REFUSED },
  'an invalid header': { call: { headers: { accept: `a\n${CANARY}` } }, gets: REFUSED },
  "a credential among the client's headers": { client: { headers: BEARER }, gets: REFUSED },
  'a password in the URL': { url: `http://alice:${CANARY}@127.0.0.1/charges`, gets: REFUSED },
  'a token in the query': { url: `/charges?access_token=${CANARY}`, gets: REFUSED },
  'a token in searchParams': { call: { searchParams: { token: CANARY } }, gets: REFUSED },
  'a body that is refused': {
    call: { body: { [CANARY]: CANARY } as unknown as BodyInit },
    gets: 'UsageError INVALID_BODY none',
  },
  'a security code': { call: { json: { cvc: '123', note: CANARY } }, gets: 'UsageError CARD_DATA none' },
  'a key that is refused': { call: { key: `${CANARY} ` }, gets: REFUSED },
  'a fetch that throws it': {
    client: { fetch: throws(leaky(CANARY)) as typeof fetch, retry: { limit: 1 } },
    gets: 'InDoubtError IN_DOUBT possible not-repeatable',
  },
  'a fetch whose error has it as its code': {
    client: {
      fetch: () => Promise.reject(Object.assign(new TypeError('fetch failed'), { code: CANARY })),
      retry: { limit: 1 },
    },
    gets: 'InDoubtError IN_DOUBT possible not-repeatable',
  },
  'a journal whose claim throws it': {
    client: { authorize: () => BEARER },
    around: (journal) => slowed(journal, { claim: throws(leaky(`failing row contains (${CANARY})`)) }),
    gets: 'JournalError JOURNAL none unavailable',
  },
  'a journal whose finish throws it': {
    client: { authorize: () => BEARER },
    around: (journal) => slowed(journal, { update: throws(leaky(CANARY)) }),
    gets: 'nothing',
  },
  'a journal that throws it as a text': {
    around: (journal) => slowed(journal, { claim: throws(CANARY) }),
    gets: 'JournalError JOURNAL none unavailable',
  },
  'a journal that throws an error named so': {
    around: (journal) =>
      slowed(journal, { claim: throws(Object.assign(new Error('x'), { name: CANARY, code: CANARY })) }),
    gets: 'JournalError JOURNAL none unavailable',
  },
};

describe.each(['store', 'file'] as const)('a secret is in no record and no error, %s journal', (kind) => {
  test.each(Object.entries(CASES))(
    '%s',
    async (_, { client: options = {}, call = {}, url = '/charges', faults = [], around, gets }) => {
      mock.fail(...faults);
      const inner = kind === 'store' ? storeJournal(store) : fileJournal(join(directory, 'journal'));
      const client: Client = createClient({
        baseUrl: server.url,
        profile: ietf({ keyLifetime: '24h' }),
        journal: around?.(inner) ?? inner,
        retry: { baseDelay: 1, maxDelay: '1m' },
        ...options,
      });
      const promise = client.post(url, {
        once: 'cart/1',
        waitTimeout: 5_000,
        ...(call.body === undefined && { json: { amount: 1 } }),
        ...call,
      });
      const errors: unknown[] = [];
      const note = (error: unknown): void => void errors.push(error);
      await Promise.all([
        promise.then(undefined, note),
        promise.outcome().then((outcome) => expectNoSecret('the outcome', inspect(outcome, { depth: 9 })), note),
      ]);
      await client.idle();
      const operations = client.operations;
      await operations.list().then((list) => expectNoSecret('the list', JSON.stringify(list)), note);
      await operations.get('cart/1').catch(note);
      await client.ready().then((diagnosis) => expectNoSecret('ready()', JSON.stringify(diagnosis)), note);
      await client.close({ timeout: 0 });
      const told = errors[0] === undefined ? 'nothing' : toldError(errors[0]);
      expect(told).toBe(gets);
      for (const error of errors) expectNoSecret(toldError(error), shown(error));
      expectNoSecret('the journal', await stored(kind));
    },
  );
});

describe('a store that throws what it was given', () => {
  test.each(['read', 'write', 'list', 'remove'] as const)(
    '%s: no body, no key, no secret in the error',
    async (method) => {
      const client = createClient({
        baseUrl: server.url,
        profile: ietf({ keyLifetime: '24h' }),
        journal: storeJournal({
          ...store,
          [method]: (...args: unknown[]) =>
            Promise.reject(leaky(`could not ${method} ${JSON.stringify(args)} with password ${CANARY}`)),
        }),
      });
      const key = 'backend-key-000001';
      const calls = [
        client
          .post('/charges', { once: 'cart/1', json: { note: 'body-of-the-request' }, key, waitTimeout: 1_000 })
          .then(() => client.operations.forget('cart/1')),
        client.operations.resume(),
        client.operations.list(),
        client.ready(),
      ];
      const errors = (await Promise.allSettled(calls)).flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      );
      expect(errors.length).toBeGreaterThan(0);
      for (const error of errors) {
        expectNoSecret('the error', shown(error));
        expect(toldError(error)).toMatch(/^JournalError JOURNAL (none|possible) unavailable$/);
        for (const secret of ['body-of-the-request', key]) expect(shown(error)).not.toContain(secret);
      }
      await client.close({ timeout: 0 });
    },
  );

  test('what a system says about a file or a socket is passed on: it helps, and holds nothing of ours', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
    });
    const client = createClient({
      baseUrl: server.url,
      profile: ietf({ keyLifetime: '24h' }),
      journal: storeJournal({ ...store, write: () => Promise.reject(refused) }),
    });
    const error = await client.post('/charges', { once: 'cart/1' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'ERR_ONCEWARD_JOURNAL',
      reason: 'unavailable',
      cause: { message: refused.message, code: 'ECONNREFUSED' },
    });
  });
});
