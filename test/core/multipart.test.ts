import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeMultipart } from '../../src/core/multipart.ts';

type Entry = readonly [string, string | File];

/** What a real parser reads from the bytes: names, values, file names, types and contents. */
async function parsed(entries: readonly Entry[]): Promise<unknown> {
  const { bytes, contentType } = await encodeMultipart(entries);
  return plain([...(await new Response(bytes, { headers: { 'content-type': contentType } }).formData())]);
}

/** The same of the form itself. Line breaks of names and values become CR LF on the way: that is the standard. */
async function plain(entries: readonly (readonly [string, FormDataEntryValue])[]): Promise<unknown> {
  const normal = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
  return Promise.all(
    entries.map(async ([name, value]) => [
      normal(name),
      typeof value === 'string'
        ? normal(value)
        : [value.name, value.type || 'application/octet-stream', [...new Uint8Array(await value.arrayBuffer())]],
    ]),
  );
}

function form(entries: readonly Entry[]): FormData {
  const made = new FormData();
  for (const [name, value] of entries) made.append(name, value);
  return made;
}

const file = (content: string | Uint8Array<ArrayBuffer>, name: string, type = '') =>
  new File([content], name, { type });

describe('a form, read back by a real parser', () => {
  test.each<[string, readonly Entry[]]>([
    ['text', [['a', '1']]],
    ['empty value', [['a', '']]],
    [
      'the same name twice',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['unicode', [['größe', 'ü 👍 \u2028']]],
    ['quotes and percent signs', [['a"b', '"%22"']]],
    ['line breaks in values', [['a', 'x\ny\rz\r\n']]],
    ['a value that looks like a boundary', [['a', '--onceward-\r\n--\r\n\r\n']]],
    ['file', [['f', file('hello', 'a.txt', 'text/plain')]]],
    ['file without a type', [['f', file('hello', 'a.bin')]]],
    ['file of no bytes', [['f', file('', 'a.txt')]]],
    ['file name with quotes', [['f', file('x', 'a "b".txt')]]],
    ['bytes that are no text', [['f', file(new Uint8Array([0, 255, 13, 10, 45, 45]), 'b')]]],
    [
      'mixed',
      [
        ['a', '1'],
        ['f', file('x', 'x.json', 'application/json')],
        ['b', '2'],
      ],
    ],
  ])('%s', async (_name, entries) => {
    const made = [...form(entries)] as Entry[];
    expect(await parsed(made)).toEqual(await plain(made));
  });

  test('any form', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    // names with line breaks: undici leaves them escaped when it parses
    const name = text.filter((one) => !/[\r\n]|%0[AD]|%22/i.test(one));
    const content = fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes));
    const value = fc.oneof(
      text,
      fc.tuple(content, name).map(([bytes, fileName]) => file(bytes, fileName)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 }), async (entries) => {
        const made = [...form(entries)] as Entry[];
        expect(await parsed(made)).toEqual(await plain(made));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the same bytes for the same form', () => {
  test('twice', async () => {
    const make = () =>
      [
        ['a', '1'],
        ['f', file('x', 'x.txt', 'text/plain')],
      ] satisfies Entry[];
    const [first, second] = [await encodeMultipart(make()), await encodeMultipart(make())];
    expect(second.contentType).toBe(first.contentType);
    expect(second.bytes).toEqual(first.bytes);
    expect(first.contentType).toMatch(/^multipart\/form-data; boundary=onceward-[0-9a-f-]{36}$/);
  });
  test.each<[string, readonly Entry[], readonly Entry[]]>([
    ['value', [['a', '1']], [['a', '2']]],
    ['name', [['a', '1']], [['b', '1']]],
    [
      'order',
      [
        ['a', '1'],
        ['b', '2'],
      ],
      [
        ['b', '2'],
        ['a', '1'],
      ],
    ],
    ['file name', [['f', file('x', 'a')]], [['f', file('x', 'b')]]],
    ['type', [['f', file('x', 'a', 'text/a')]], [['f', file('x', 'a', 'text/b')]]],
    ['file or text', [['f', file('x', 'a')]], [['f', 'x']]],
  ])('another %s, other bytes', async (_name, a, b) => {
    expect((await encodeMultipart(a)).bytes).not.toEqual((await encodeMultipart(b)).bytes);
  });
  test('a header cannot be smuggled in by a name', async () => {
    const evil = 'a"\r\nContent-Type: text/html\r\n\r\n<script>';
    const { bytes } = await encodeMultipart([
      [evil, '1'],
      ['f', file('x', evil)],
    ]);
    const text = new TextDecoder().decode(bytes);
    expect(text).not.toContain('\r\nContent-Type: text/html');
    expect(text.match(/\r\nContent-Type/g)).toHaveLength(1);
  });
  test('no entries: an empty form', async () => {
    const { bytes, contentType } = await encodeMultipart([]);
    expect(new TextDecoder().decode(bytes)).toBe(`--${contentType.split('boundary=')[1]}--\r\n`);
  });
});
