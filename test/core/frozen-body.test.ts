import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/core/errors/index.ts';
import { freeze, textOf, typeOf } from './support/freeze.ts';

const MIB = 1024 * 1024;
const code = (expected: string) => expect.objectContaining({ code: expected, effect: 'none' }) as Error;
const refused = async (options: unknown) =>
  (async () => freeze(options))().then(
    () => undefined,
    (error: unknown) => error,
  );

describe('bodies become bytes', () => {
  const view = new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4);
  test.each<[string, unknown, string | undefined, string | undefined]>([
    ['none', {}, undefined, undefined],
    ['null', { body: null }, undefined, undefined],
    ['undefined json', { json: undefined }, undefined, undefined],
    ['json', { json: { a: 'ä' } }, '{"a":"ä"}', 'application/json'],
    ['json null', { json: null }, 'null', 'application/json'],
    ['json false', { json: false }, 'false', 'application/json'],
    ['json text', { json: 'x' }, '"x"', 'application/json'],
    ['json of a Date', { json: new Date(0) }, '"1970-01-01T00:00:00.000Z"', 'application/json'],
    ['json, half a surrogate pair', { json: '\uD800' }, '"\\ud800"', 'application/json'],
    ['text', { body: 'hällo' }, 'hällo', 'text/plain;charset=UTF-8'],
    ['text of nothing', { body: '' }, '', 'text/plain;charset=UTF-8'],
    ['text with a BOM', { body: '\uFEFFx' }, 'x', 'text/plain;charset=UTF-8'],
    [
      'parameters',
      { body: new URLSearchParams({ a: 'ä b' }) },
      'a=%C3%A4+b',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['Blob', { body: new Blob(['x'], { type: 'text/x' }) }, 'x', 'text/x'],
    ['Blob without a type', { body: new Blob(['x']) }, 'x', undefined],
    ['File', { body: new File(['x'], 'a.txt', { type: 'text/x' }) }, 'x', 'text/x'],
    ['ArrayBuffer', { body: new TextEncoder().encode('x').buffer }, 'x', undefined],
    ['part of a buffer', { body: view }, '\u0001\u0002\u0003', undefined],
    ['DataView', { body: new DataView(view.buffer, 1, 2) }, '\u0001\u0002', undefined],
    ['Buffer', { body: Buffer.from('x') }, 'x', undefined],
    ['empty buffer', { body: new Uint8Array() }, '', undefined],
    ['wider view', { body: new Uint16Array([0x4142]) }, 'BA', undefined],
  ])('%s', async (_name, options, text, type) => {
    const request = await freeze(options);
    expect(textOf(request)).toBe(text);
    expect(typeOf(request)).toBe(type);
    // what fetch itself would have sent
    const init = options as { body?: BodyInit | null; json?: unknown };
    if (init.json === undefined) {
      const real = new Request('https://x.example', { method: 'POST', body: init.body ?? null });
      expect(real.headers.get('content-type') ?? undefined).toBe(type);
      expect([...new Uint8Array(await real.arrayBuffer())]).toEqual([...(request.body ?? [])]);
    }
  });

  test("the caller's content type stands, but not on a form: it names our boundary", async () => {
    const headers = { 'Content-Type': 'application/vnd.api+json' };
    const form = new FormData();
    form.append('a', '1');
    expect(typeOf(await freeze({ json: {}, headers }))).toBe('application/vnd.api+json');
    expect(typeOf(await freeze({ body: 'x', headers }))).toBe('application/vnd.api+json');
    expect(typeOf(await freeze({ body: new Blob(['x'], { type: 'text/x' }), headers }))).toBe(
      'application/vnd.api+json',
    );
    expect(typeOf(await freeze({ body: form, headers }))).toMatch(/^multipart\/form-data; boundary=/);
    expect(typeOf(await freeze({ headers }))).toBe('application/vnd.api+json');
  });

  test('the same form twice gives the same bytes and type', async () => {
    const form = new FormData();
    form.append('a', '1');
    form.append('f', new Blob(['x']), 'x.bin');
    expect(await freeze({ body: form })).toEqual(await freeze({ body: form }));
  });
});

describe('size', () => {
  test.each<[string, (size: number) => unknown]>([
    ['text', (size) => ({ body: 'x'.repeat(size) })],
    ['buffer', (size) => ({ body: new Uint8Array(size) })],
    ['Blob', (size) => ({ body: new Blob([new Uint8Array(size)]) })],
    ['json', (size) => ({ json: 'x'.repeat(size - 2) })],
    ['two-byte text', (size) => ({ body: `${size % 2 ? 'x' : ''}${'ä'.repeat(Math.floor(size / 2))}` })],
  ])('%s: 1 MiB is whole, one byte more is refused', async (_name, make) => {
    expect((await freeze(make(MIB))).body).toHaveLength(MIB);
    expect(await refused(make(MIB + 1))).toEqual(code('ERR_ONCEWARD_INVALID_BODY'));
  });
  test('the frame of a form counts', async () => {
    const form = new FormData();
    form.append('f', new Blob([new Uint8Array(MIB)]));
    expect(await refused({ body: form })).toEqual(code('ERR_ONCEWARD_INVALID_BODY'));
  });
});

describe('bodies that cannot be frozen', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const detached = new ArrayBuffer(4);
  structuredClone(detached, { transfer: [detached] });
  const unreadable = new Blob(['x']);
  unreadable.arrayBuffer = () => Promise.reject(new DOMException('s3cr3t-canary', 'NotReadableError'));
  const form = new FormData();
  form.append('f', new Blob(['x']));
  for (const file of form.values()) (file as File).arrayBuffer = unreadable.arrayBuffer;

  test.each<[string, unknown, string]>([
    ['stream', { body: new Blob(['x']).stream() }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['generator', { body: (async function* () {})() }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['plain object', { body: { a: 1 } }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['array', { body: [1] }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['number', { body: 7 }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['false', { body: false }, 'ERR_ONCEWARD_INVALID_BODY'],
    [
      'something that calls itself a buffer',
      { body: { [Symbol.toStringTag]: 'ArrayBuffer', 0: 1 } },
      'ERR_ONCEWARD_INVALID_BODY',
    ],
    ['detached buffer', { body: detached }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['Blob that cannot be read', { body: unreadable }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['json: circular', { json: circular }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['json: BigInt', { json: { a: 1n } }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['json: function', { json: () => 1 }, 'ERR_ONCEWARD_INVALID_BODY'],
    ['json: symbol', { json: Symbol('x') }, 'ERR_ONCEWARD_INVALID_BODY'],
    [
      'json: throws',
      {
        json: {
          toJSON() {
            throw new Error('s3cr3t-canary');
          },
        },
      },
      'ERR_ONCEWARD_INVALID_BODY',
    ],
    ['json and body', { json: {}, body: 'x' }, 'ERR_ONCEWARD_INVALID_OPTION'],
    ['json null and body', { json: null, body: 'x' }, 'ERR_ONCEWARD_INVALID_OPTION'],
  ])('%s', async (_name, options, expected) => {
    const error = await refused(options);
    expect(error).toEqual(code(expected));
    expect(String((error as Error).stack)).not.toContain('s3cr3t-canary');
  });
  test('a file in a form that cannot be read', async () => {
    const entry = new File(['x'], 'x');
    entry.arrayBuffer = unreadable.arrayBuffer;
    const spoilt = new FormData();
    spoilt.entries = () => [['f', entry] as [string, File]][Symbol.iterator]() as ReturnType<FormData['entries']>;
    expect(await refused({ body: spoilt })).toEqual(code('ERR_ONCEWARD_INVALID_BODY'));
  });
});

describe('card data', () => {
  const card = { card: { number: '4242424242424242', cvc: '123' } };
  const form = (name: string, value: string) => {
    const made = new FormData();
    made.append(name, value);
    return made;
  };
  test.each<[string, unknown]>([
    ['json', { json: card }],
    ['json under another type', { json: card, headers: { 'content-type': 'text/plain' } }],
    [
      'text that is JSON',
      { body: JSON.stringify(card), headers: { 'content-type': 'application/json; charset=utf-8' } },
    ],
    ['text that is JSON, in capitals', { body: JSON.stringify(card), headers: { 'content-type': 'Application/JSON' } }],
    [
      'bytes that are JSON',
      { body: Buffer.from(JSON.stringify(card)), headers: { 'content-type': 'application/vnd.api+json' } },
    ],
    ['Blob of JSON', { body: new Blob([JSON.stringify(card)], { type: 'application/json' }) }],
    ['parameters', { body: new URLSearchParams({ 'card[number]': '4242 4242 4242 4242' }) }],
    [
      'parameters under another type',
      { body: new URLSearchParams({ cvc: '123' }), headers: { 'content-type': 'text/plain' } },
    ],
    [
      'text that is parameters',
      { body: 'card%5Bcvc%5D=123', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['form', { body: form('card_number', '4242424242424242') }],
  ])('%s', async (_name, options) => {
    const error = await refused(options);
    expect(error).toEqual(code('ERR_ONCEWARD_CARD_DATA'));
    expect((error as Error).message).not.toContain('4242424242424242');
  });
  test.each<[string, unknown]>([
    ['token', { json: { card: 'tok_visa', amount: 4242424242424242 } }],
    ['broken JSON', { body: '{"cvc":"123"', headers: { 'content-type': 'application/json' } }],
    ['prose', { body: 'cvc=123' }],
    ['nested beyond the stack', { body: '['.repeat(60_000), headers: { 'content-type': 'application/json' } }],
    [
      'well-formed, nested beyond the stack',
      { body: `${'['.repeat(60_000)}${']'.repeat(60_000)}`, headers: { 'content-type': 'application/json' } },
    ],
  ])('none in: %s', async (_name, options) => {
    expect((await freeze(options)).method).toBe('POST');
    expect(await refused(options)).not.toBeInstanceOf(UsageError);
  });
});
