import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  anonymous,
  type CallOptions,
  type Client,
  type ClientOptions,
  createClient,
  storeJournal,
} from '../../src/index.node.ts';
import { createMock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { told, toldOutcome } from '../support/client-world.ts';
import { type MapStore, mapStore } from '../support/map-store.ts';

const mock = createMock();
let server: Listening;
let store: MapStore;
beforeAll(async () => {
  server = await listen(mock);
});
afterAll(() => server.close());
beforeEach(() => {
  mock.reset();
  store = mapStore();
});

const KIBI = 1024;
const MEBI = KIBI * KIBI;
const CARD = '4242 4242 4242 4242';
/** Longer than any limit of a text. */
const long = (length: number) => 'x'.repeat(length);
const circular: Record<string, unknown> = {};
circular['self'] = circular;

/** One call that must be refused before anything is stored or sent. */
interface Row {
  readonly call?: object | undefined;
  readonly url?: string;
  readonly method?: string;
  readonly client?: Partial<ClientOptions>;
  /** What the message must say, where a reader has to be told what to do. */
  readonly says?: RegExp;
}
type Rows = Readonly<Record<string, Row>>;

function form(entries: Readonly<Record<string, string>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(entries)) data.append(name, value);
  return data;
}

function clientOf(options: Partial<ClientOptions> = {}): Client {
  return createClient({
    baseUrl: server.url,
    profile: ietf({ keyLifetime: '24h' }),
    journal: storeJournal(store),
    ...options,
  });
}

/** The rows of one code: the error's class, code and effect, no request, an empty journal; of both views of the answer. */
function refuses(code: string, rows: Rows): void {
  test.each(Object.entries(rows))(
    `${code}: %s`,
    async (_, { call = { once: 'cart/1' }, url = '/charges', method = 'POST', client = {}, says = /./ }) => {
      const before = new Map(store.values);
      const shop = clientOf(client);
      const promise = shop.request(method, url, call as CallOptions);
      const outcome = toldOutcome(promise.outcome());
      expect(await told(promise)).toBe(`UsageError ${code} none`);
      expect(await outcome).toBe(`UsageError ${code} none`);
      await expect(promise).rejects.toThrow(says);
      await shop.close({ timeout: 0 });
      expect(store.values).toEqual(before);
      expect(mock.ledger()).toEqual([]);
    },
  );
}

const named = (rest: object): { call: object } => ({ call: { once: 'cart/1', ...rest } });
const once = (value: unknown): { call: object } => ({ call: { once: value } });

describe('once', () => {
  refuses('MISSING_ID', {
    'options that are missing': { call: null as unknown as object, says: /once: \['cart', cart.id\]/ },
    'options without it': { call: {}, says: /anonymous/ },
    undefined: once(undefined),
    null: once(null),
  });
  refuses('INVALID_ID', {
    'an empty text': once(''),
    'an empty array': once([]),
    'an empty part': once(['cart', '']),
    'an undefined part': once(['cart', undefined]),
    'a null part': once(['cart', null]),
    'a NaN part': once(['cart', Number.NaN]),
    'an object part': once(['cart', {}]),
    'a boolean part': once(['cart', true]),
    'an array part': once(['cart', ['1']]),
    'a text with undefined in it': once('cart/undefined'),
    'a text with null in it': once('cart:null'),
    'a text with NaN in it': once('cart/NaN'),
    'a text with an object in it': once('cart/[object Object]'),
    'a text that ends in a separator': once('cart/'),
    'a number': once(5),
    'an object': once({}),
    'another symbol': once(Symbol('cart')),
    '201 characters': once(long(201)),
    '201 characters with the separators': once(['cart', long(196)]),
    'more than 200 characters once encoded': once(['cart', '\u00e4'.repeat(40)]),
    'half a surrogate pair': once('cart/\ud800'),
    'half a surrogate pair in a part': once(['cart', '\ud800']),
  });

  test('200 characters are a name, and so is anonymous', async () => {
    const client = clientOf();
    expect(await told(client.post('/charges', { once: long(200) }))).toMatch(/^201/);
    expect(await told(client.post('/charges', { once: anonymous }))).toMatch(/^201/);
  });
});

describe('options of a call', () => {
  refuses('INVALID_OPTION', {
    timeout: { ...named({ timeout: 5 }), says: /attemptTimeout.*waitTimeout/ },
    retry: { ...named({ retry: 5 }), says: /set retry in createClient/ },
    hooks: { ...named({ hooks: {} }), says: /authorize/ },
    prefix: { ...named({ prefix: '/v1' }), says: /baseUrl/ },
    'a name nobody knows': { ...named({ idempotent: true }), says: /Known: once, / },
    'json and body': named({ json: {}, body: 'x' }),
    'a negative waitTimeout': named({ waitTimeout: -1 }),
    'a NaN waitTimeout': named({ waitTimeout: Number.NaN }),
    'a waitTimeout in unknown units': named({ waitTimeout: '5 minutes' }),
    'a waitTimeout over 400 days': named({ waitTimeout: '401d' }),
    'a deadline that is a text': named({ deadline: '2030-01-01' }),
    'a deadline that is a number': named({ deadline: 5 }),
    'an invalid deadline': named({ deadline: new Date('soon') }),
    'meta over 4 KiB': named({ meta: { text: long(4 * KIBI) } }),
    'circular meta': named({ meta: circular }),
    'meta that is a function': named({ meta: () => 1 }),
    'an unknown meaning of 202': named({ accepted: 'maybe' }),
    'a signal that is none': named({ signal: {} }),
    'a fingerprint that is no text': named({ fingerprint: 5 }),
    'retryRejected that is no boolean': named({ retryRejected: 'no' }),
    'throwHttpErrors that is no boolean': named({ throwHttpErrors: 'no' }),
    'searchParams that are a text': named({ searchParams: 'a=1' }),
    'an undefined search parameter': named({ searchParams: { expand: undefined } }),
    'an empty key': named({ key: '' }),
    'a key with a space': named({ key: 'a b' }),
    'a key with a quote': named({ key: 'a"b' }),
    'a key with a backslash': named({ key: 'a\\b' }),
    'a key with a line break': named({ key: 'a\nb' }),
    'a key beyond ASCII': named({ key: 'k\u00e4y' }),
    'a key of 256 characters': named({ key: long(256) }),
    'a key that is a number': named({ key: 5 }),
    'a key that is null': named({ key: null }),
  });
});

describe('method, URL and headers', () => {
  refuses('INVALID_OPTION', {
    GET: { method: 'GET', says: /plain fetch/ },
    'head in lower case': { method: 'head' },
    OPTIONS: { method: 'OPTIONS' },
    TRACE: { method: 'TRACE' },
    CONNECT: { method: 'CONNECT' },
    'a method that is no token': { method: 'PO ST' },
    'a URL that cannot be resolved': { url: 'http://' },
    'a relative URL without baseUrl': {
      client: { baseUrl: undefined as unknown as string, name: 'x' },
      says: /baseUrl/,
    },
    'another protocol': { url: 'ftp://127.0.0.1/charges' },
    'a data: URL': { url: 'data:text/plain,x' },
    'a user name in the URL': { url: 'http://alice:hunter2@127.0.0.1/charges', says: /authorize/ },
    'a user name in baseUrl': { client: { baseUrl: 'http://alice:hunter2@127.0.0.1/' } },
    'a token in the query': { url: '/charges?access_token=hunter2' },
    'a token in searchParams': named({ searchParams: { Api_Key: 'hunter2' } }),
    'a credential among the headers': { ...named({ headers: { Authorization: 'Bearer hunter2' } }), says: /authorize/ },
    'a cookie among the headers': named({ headers: { cookie: 'a=hunter2' } }),
    'a header that is not known to be safe': { ...named({ headers: { 'x-shop': 'hunter2' } }), says: /safeHeaders/ },
    'a key among the headers': named({ headers: { 'idempotency-key': 'k' } }),
    'a header with an invalid value': named({ headers: { accept: 'a\nhunter2' } }),
    'a header with an invalid name': named({ headers: { 'hunter 2': 'x' } }),
    "a header of the client's that is not known to be safe": { client: { headers: { 'x-shop': 'hunter2' } } },
  });

  test('the messages name the place and never the value', async () => {
    for (const call of [
      { headers: { 'x-shop': 'hunter2' } },
      { headers: { accept: 'a\nhunter2' } },
      { searchParams: { token: 'hunter2' } },
    ]) {
      const error = await clientOf()
        .post('/charges', { once: 'cart/1', ...(call as object) })
        .catch((reason: unknown) => reason);
      expect(String((error as Error).stack)).not.toContain('hunter2');
    }
  });
});

describe('bodies', () => {
  const asJson = { headers: { 'content-type': 'application/json' } };
  refuses('INVALID_BODY', {
    'a stream': { ...named({ body: new ReadableStream() }), says: /sent only once/ },
    'an async iterable': named({ body: (async function* () {})() }),
    'a text over 1 MiB': { ...named({ body: long(MEBI + 1) }), says: /1048576 is the limit/ },
    'a text over 1 MiB in UTF-8 alone': named({ body: '\u00e4'.repeat(MEBI / 2 + 1) }),
    'json over 1 MiB': named({ json: { text: long(MEBI) } }),
    'a Blob over 1 MiB': named({ body: new Blob([long(MEBI + 1)]) }),
    'a buffer over 1 MiB': named({ body: new Uint8Array(MEBI + 1) }),
    'a form over 1 MiB': named({ body: form({ text: long(MEBI) }) }),
    'an object': { ...named({ body: { amount: 1 } }), says: /option json/ },
    'a number': named({ body: 5 }),
    'circular json': named({ json: circular }),
    'json with a BigInt': named({ json: { amount: 1n } }),
    'json that is a function': named({ json: () => 1 }),
  });
  refuses('CARD_DATA', {
    'a card number': { ...named({ json: { number: CARD } }), says: /Tokenise/ },
    'a card number deep inside': named({ json: { payment: [{ card: { card_number: '4242424242424242' } }] } }),
    'a card number that is a number': named({ json: { cardNumber: 4_242_424_242_424_242 } }),
    'a security code': named({ json: { card: { cvc: '123' } } }),
    'a card number in JSON text': named({ body: `{"card":{"number":"${CARD}"}}`, ...asJson }),
    'a card number in a form': named({ body: new URLSearchParams({ 'card[number]': CARD }) }),
    'a card number in form text': named({
      body: 'pan=4242424242424242',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
    'a security code in FormData': named({ body: form({ cvv: '123' }) }),
    'a card number in a JSON Blob': named({ body: new Blob([`{"number":"${CARD}"}`], { type: 'application/json' }) }),
  });

  test('an order number that passes for a card number by its form is sent', async () => {
    expect(await told(clientOf().post('/charges', { once: 'cart/1', json: { order: CARD } }))).toMatch(/^201/);
  });

  test('1 MiB is sent, byte for byte', async () => {
    const body = new Uint8Array(MEBI).map((_, index) => (index * 7) % 251);
    expect(await told(clientOf().post('/charges', { once: 'cart/1', body }))).toMatch(/^201/);
    expect(mock.effects()).toHaveLength(1);
  });
});

describe('who', () => {
  const owner = (value: unknown): Row => ({ client: { owner: value as string } });
  refuses('NO_OWNER', {
    'a function that knows nobody': { ...owner(() => undefined), says: /signed in/ },
    'a promise of nobody': owner(async () => undefined),
    'an empty text': owner(''),
    'a number': owner(5),
    'half a surrogate pair': owner('\ud800'),
    'a function that throws': owner(() => {
      throw new Error('no session');
    }),
    'a function that rejects': owner(() => Promise.reject(new Error('no session'))),
  });

  test.each([
    ['resume', (client: Client) => client.operations.resume()],
    ['list', (client: Client) => client.operations.list()],
    ['get', (client: Client) => client.operations.get('cart/1')],
    ['outcome', (client: Client) => client.operations.outcome('cart/1')],
    ['wake', (client: Client) => client.operations.wake()],
    ['discard', (client: Client) => client.operations.discard('cart/1')],
    ['forget', (client: Client) => client.operations.forget('cart/1')],
    ['acknowledge', (client: Client) => client.operations.acknowledge('cart/1')],
    ['resolve', (client: Client) => client.operations.resolve('cart/1', { effect: 'none' })],
  ])('operations.%s says NO_OWNER while nobody is signed in', async (_, ask) => {
    await expect(ask(clientOf({ owner: () => undefined }))).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_NO_OWNER',
      effect: 'none',
    });
  });
});

describe('createClient', () => {
  const rows: Readonly<Record<string, readonly [options: object, says: RegExp]>> = {
    timeout: [{ timeout: 5 }, /attemptTimeout limits one attempt, waitTimeout/],
    prefix: [{ prefix: '/v1' }, /use baseUrl/],
    prefixUrl: [{ prefixUrl: '/v1' }, /use baseUrl/],
    hooks: [{ hooks: {} }, /authorize/],
    'a name nobody knows': [{ cache: true }, /Known: baseUrl, /],
    'no profile': [{ profile: undefined }, /ietf\(\{ keyLifetime: '24h' \}\)/],
    'a profile by its name': [{ profile: 'stripe' }, /profile/],
    'a relative baseUrl': [{ baseUrl: '/v1' }, /absolute/],
    'a lifetime too short to send in': [{ profile: ietf({ keyLifetime: '90s' }) }, /leaves no time/],
    'an attemptTimeout that is no duration': [{ attemptTimeout: '5x' }, /attemptTimeout must be/],
    'an endless attemptTimeout': [{ attemptTimeout: Number.POSITIVE_INFINITY }, /attemptTimeout must be/],
    'a negative waitTimeout': [{ waitTimeout: -1 }, /waitTimeout must be/],
    'no attempts': [{ retry: { limit: 0 } }, /retry\.limit/],
    'no pause between parked retries': [{ retry: { maxDelay: 0 } }, /retry\.maxDelay/],
    'no time for an attempt': [{ attemptTimeout: 0 }, /attemptTimeout/],
    'half an attempt': [{ retry: { limit: 1.5 } }, /retry\.limit/],
    'a retry option nobody knows': [{ retry: { retries: 5 } }, /retry knows no option retries/],
    'credentials that fetch does not know': [{ credentials: 'always' }, /credentials/],
    'headers that are asked for each time': [{ headers: () => ({}) }, /authorize/],
    'a reconcile that is none': [{ reconcile: { effect: 'done' } }, /reconcile must be/],
    'a trusted origin without TLS': [{ trustedOrigins: ['http://status.example'] }, /trustedOrigins/],
    'a trusted origin with a path': [{ trustedOrigins: ['https://status.example/x'] }, /trustedOrigins/],
    'a trusted origin with a user name': [{ trustedOrigins: ['https://me@status.example'] }, /trustedOrigins/],
    'a trusted origin that is none': [{ trustedOrigins: ['status.example'] }, /trustedOrigins/],
    'an authorize that is none': [{ authorize: { authorization: 'Bearer x' } }, /authorize must be/],
    'a fetch that is none': [{ fetch: 'fetch' }, /fetch must be/],
    'a name that is no text': [{ name: 5 }, /name must be/],
    'a scope that is no text': [{ scope: {} }, /scope must be/],
    'a journal that is none': [{ journal: '/var/lib/shop' }, /journal/],
  };
  test.each(Object.entries(rows))('%s', (_, [options, says]) => {
    const base = { baseUrl: 'http://127.0.0.1/', profile: ietf({ keyLifetime: '24h' }) };
    expect(() => createClient({ ...base, ...options } as ClientOptions)).toThrow(
      expect.objectContaining({
        name: 'UsageError',
        code: 'ERR_ONCEWARD_INVALID_OPTION',
        effect: 'none',
        message: expect.stringMatching(says),
      }),
    );
  });

  test('ietf() wants the lifetime the server documents', () => {
    expect(() => ietf({} as { keyLifetime: '24h' })).toThrow(/ietf\(\) needs keyLifetime/);
  });
});

describe('a client that was closed', () => {
  test.each([
    ['post', (client: Client) => client.post('/charges', { once: 'cart/1' })],
    ['ready', (client: Client) => client.ready()],
    ['operations.resume', (client: Client) => client.operations.resume()],
    ['operations.get', (client: Client) => client.operations.get('cart/1')],
    [
      'a call of an extended client',
      (client: Client) => client.extend({ owner: 'bob' }).post('/charges', { once: 'cart/1' }),
    ],
  ])('%s says CLOSED', async (_, ask) => {
    const client = clientOf();
    await client.close();
    await expect(ask(client)).rejects.toMatchObject({
      name: 'UsageError',
      code: 'ERR_ONCEWARD_CLOSED',
      effect: 'none',
    });
    expect([store.values.size, mock.ledger().length]).toEqual([0, 0]);
  });

  test('closing again changes nothing', async () => {
    const client = clientOf();
    await client.close();
    await expect(client.close()).resolves.toBeUndefined();
    await expect(client[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});
