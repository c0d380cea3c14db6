import { describe, expect, test } from 'vitest';
import {
  type CorsFacts,
  corsHint,
  type Ended,
  looksLikeCors,
  noted,
  type Reach,
  UNKNOWN_REACH,
} from '../../src/core/cors-hint.ts';
import { CorsWatch } from '../../src/core/cors-watch.ts';
import { movableClock } from '../../src/mock/movable-clock.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';

const profile = ietf({ keyLifetime: '24h' });
const PAGE = 'https://shop.test';
const API = 'https://api.test';

const refused: Ended = { kind: 'failed', error: new TypeError('Failed to fetch'), ms: 20, online: true };
const answered: Ended = { kind: 'answered' };

describe('what looks like missing CORS headers', () => {
  const rows: [what: string, ends: Ended[], looks: boolean][] = [
    ['nothing', [], false],
    ['one quick failure', [refused], false],
    ['two', [refused, refused], true],
    ['two with a slow one between', [refused, { ...refused, ms: 1_000 }, refused], true],
    [
      'two slow ones',
      [
        { ...refused, ms: 1_000 },
        { ...refused, ms: 30_000 },
      ],
      false,
    ],
    [
      'two while offline',
      [
        { ...refused, online: false },
        { ...refused, online: false },
      ],
      false,
    ],
    [
      'two aborts',
      [
        { ...refused, error: new DOMException('', 'AbortError') },
        { ...refused, error: 'aborted' },
      ],
      false,
    ],
    ['an answer before', [answered, refused, refused], false],
    ['an answer after', [refused, refused, answered], false],
    ["a frame's own TypeError", [refused, { ...refused, error: { name: 'TypeError' } }], true],
  ];
  test.each(rows)('%s', (_, ends, looks) => {
    expect(looksLikeCors(ends.reduce<Reach>(noted, UNKNOWN_REACH))).toBe(looks);
  });
});

describe('the hint', () => {
  const facts: CorsFacts = {
    page: PAGE,
    origin: API,
    method: 'POST',
    headerNames: ['accept', 'authorization', 'content-type', 'idempotency-key', 'x-tenant'],
    withCookies: false,
    profile: profile.data,
  };
  const lines = (changed: Partial<CorsFacts> = {}): string[] =>
    corsHint({ ...facts, ...changed })
      .split('\n')
      .slice(1);

  test('names the exact header lines', () => {
    expect(lines()).toEqual([
      '  Access-Control-Allow-Origin: https://shop.test',
      '  Access-Control-Allow-Headers: Idempotency-Key, Authorization, Content-Type, X-Tenant',
      '  Access-Control-Allow-Methods: POST',
      '  Access-Control-Expose-Headers: Retry-After, Link, Location, Operation-Location, Idempotent-Replayed',
    ]);
  });

  test('of another API: its own exposed headers, each once', () => {
    expect(lines({ profile: stripeV1.data }).at(-1)).toMatch(
      /^ {2}Access-Control-Expose-Headers: Request-Id, Stripe-Should-Retry, .*Retry-After$/,
    );
  });

  test('cookies need one line more', () => {
    expect(lines({ withCookies: true }).at(-1)).toBe('  Access-Control-Allow-Credentials: true');
  });

  test('a key in the body needs no header', () => {
    const carrier = { kind: 'json-body', path: 'idempotency_key' } as const;
    expect(lines({ profile: { ...profile.data, carrier }, headerNames: ['content-type'] })[1]).toBe(
      '  Access-Control-Allow-Headers: Content-Type',
    );
  });

  test('an API that is not for pages is not to be mended by headers', () => {
    const data = { ...profile.data, cors: { callable: 'no', expose: [] } } as const;
    expect(lines({ profile: data })).toEqual([]);
    expect(corsHint({ ...facts, profile: data })).toMatch(/call it from your own server\.$/);
  });
});

describe('the watch', () => {
  type Fetch = typeof globalThis.fetch;
  const refuse: Fetch = async () => {
    throw new TypeError('Failed to fetch');
  };
  function watch(base: string | undefined = `${PAGE}/checkout?step=2`) {
    const said: string[] = [];
    const clock = movableClock();
    const cors = new CorsWatch({ base, clock, online: () => true, warn: (message) => said.push(message) });
    const post = (send: Fetch, url = `${API}/charges`) =>
      cors
        .watched(
          send,
          profile.data,
        )(new Request(url, { method: 'POST', headers: { authorization: 'secret' } }))
        .then(
          ({ status }) => status,
          (error: unknown) => (error as Error).name,
        );
    return { cors, clock, said, post };
  }

  test('says it once per origin, with names and no values, until something answers', async () => {
    const { cors, said, post } = watch();
    expect(await post(refuse)).toBe('TypeError');
    expect(cors.hintFor(`${API}/charges`)).toBeUndefined();
    expect(cors.hintFor('')).toBeUndefined();
    for (let time = 0; time < 5; time++) await post(refuse);
    expect(said).toEqual([cors.hintFor(`${API}/refunds?key=1`)]);
    expect(said[0]).toContain('Access-Control-Allow-Headers: Idempotency-Key, Authorization\n');
    expect(said[0]).not.toContain('secret');
    await post(refuse, 'https://other.test/');
    await post(refuse, 'https://other.test/');
    expect(said).toHaveLength(2);
    expect(await post(async () => new Response(null, { status: 503 }))).toBe(503);
    expect(cors.hintFor(`${API}/charges`)).toBeUndefined();
    await post(refuse);
    expect(said).toHaveLength(2);
  });

  test('reads a request from its URL and init too', async () => {
    const { cors, said } = watch();
    const fetch = cors.watched(refuse, profile.data);
    const init = { method: 'PUT', headers: { 'x-tenant': '7' }, credentials: 'include' } as const;
    for (let time = 0; time < 2; time++) await fetch(new URL('/a', API), init).catch(() => undefined);
    expect(said[0]).toContain('Access-Control-Allow-Headers: Idempotency-Key, X-Tenant\n');
    expect(said[0]).toContain('Access-Control-Allow-Methods: PUT\n');
    expect(said[0]).toContain('Access-Control-Allow-Credentials: true');
  });

  test('says nothing where failures take their time, on its own origin, or without a page', async () => {
    const { said, post, clock } = watch();
    const slow: Fetch = async () => {
      await clock.advance('2s');
      throw new TypeError('Load failed');
    };
    for (let time = 0; time < 3; time++) {
      await post(slow);
      await post(refuse, `${PAGE}/api`);
    }
    const server = new CorsWatch({ base: undefined, clock, online: () => true, warn: (text) => said.push(text) });
    expect(server.watched(refuse, profile.data)).toBe(refuse);
    expect(said).toEqual([]);
  });

  test('calls fetch before it waits for anything', () => {
    let called = false;
    const { post } = watch();
    void post(async () => {
      called = true;
      return new Response();
    });
    expect(called).toBe(true);
  });
});
