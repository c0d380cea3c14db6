import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectsFrom, hooksFrom, requestFrom } from '../../src/cli/verify-files.ts';
import { verifyArguments } from '../../src/cli/verify-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onceward-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const URL_AND_REQUEST = ['http://localhost', '--request', 'a.json'];

test('what is on the command line comes out as options', () => {
  const line = [
    ...[
      'http://localhost:3000',
      '--request',
      'a.json',
      '--effects',
      'b.mjs',
      '--hooks',
      'c.mjs',
      '--invalid-request',
      'd.json',
    ],
    ...['--profile', 'stripe-v1', '--key-lifetime', '30d', '--only', 'c01, C02', '--skip', 'C03', '--repeat', '5'],
    ...['--soak', '7', '--rate', '2.5', '--seed', '9', '--slow', '2s', '--patience', '5m', '--header', 'a: b:c'],
    ...['--second-header', 'x: ', '--dry-run', '--i-own-this-server', '--tap', '--junit', 'e.xml', '--html', 'f.html'],
  ];
  const { verify, ...rest } = verifyArguments(line);
  expect(rest).toEqual({
    url: 'http://localhost:3000',
    request: 'a.json',
    invalidRequest: 'd.json',
    effects: 'b.mjs',
    hooks: 'c.mjs',
    print: 'tap',
    junit: 'e.xml',
    html: 'f.html',
  });
  const { profile, ...numbers } = verify;
  expect(profile?.data).toMatchObject({ name: 'stripe-v1', lifetime: { ms: 30 * 86_400_000 } });
  expect(numbers).toEqual({
    headers: [['a', 'b:c']],
    secondHeaders: [['x', '']],
    only: ['C01', 'C02'],
    skip: ['C03'],
    repeat: 5,
    soak: 7,
    rate: 2.5,
    seed: 9,
    limits: { slow: '2s', patience: '5m' },
    dryRun: true,
    ownServer: true,
  });
});

test.each<[argv: string[], says: string]>([
  [[], 'takes one URL; got none'],
  [['a', 'b', '--request', 'c.json'], 'takes one URL; got a and b'],
  [['http://localhost'], '--request is missing'],
  [[...URL_AND_REQUEST, '--json', '--tap'], 'exclude each other'],
  [[...URL_AND_REQUEST, '--repeat', 'many'], "--repeat is a number; got 'many'"],
  [[...URL_AND_REQUEST, '--slow', '5'], '--slow is a time with its unit'],
  [[...URL_AND_REQUEST, '--profile', 'nope'], '--profile is one of ietf, '],
  [[...URL_AND_REQUEST, '--header', 'no colon'], "--header is 'name: value'"],
  [[...URL_AND_REQUEST, '--second-header', 'a b: c'], "--second-header is 'name: value'"],
  [[...URL_AND_REQUEST, '--force'], "Unknown option '--force'"],
])('%j is refused', (argv, says) => {
  expect(() => verifyArguments(argv)).toThrow(says);
});

test('a header that is refused is not repeated: it may be a credential', () => {
  expect(() => verifyArguments([...URL_AND_REQUEST, '--header', 'Bearer secret'])).not.toThrow('secret');
});

test('a template fills in texts alone, at every depth', async () => {
  const request = await requestFrom(
    '--request',
    await written('t.json', '{"path":"/a/{{n}}","json":{"{{n}}":["x{{n}}{{n}}",1,null]}}'),
  );
  expect(request('"$&')).toEqual({ path: '/a/"$&', json: { '{{n}}': ['x"$&"$&', 1, null] } });
});

test.each<[what: string, load: (path: string) => Promise<unknown>, name: string, text: string, says: string]>([
  [
    'a template without a place',
    (path) => requestFrom('--request', path),
    'a.json',
    '{"path":"/a"}',
    'has no {{n}} in it',
  ],
  ['a template that is no JSON', (path) => requestFrom('--request', path), 'b.json', '{', '--request cannot read'],
  [
    'a module without a function',
    (path) => requestFrom('--request', path),
    'c.mjs',
    'export default 1',
    'must be a function',
  ],
  [
    'a module that throws',
    (path) => requestFrom('--request', path),
    'd.mjs',
    'throw new Error("boom")',
    'cannot be loaded: boom',
  ],
  [
    'effects without a function',
    (path) => effectsFrom(path, { origin: '', headers: [] }),
    'e.mjs',
    '',
    'must be a function',
  ],
  ['hooks without functions', (path) => hooksFrom(path), 'f.mjs', 'export const crash = 1', 'must export functions'],
])('%s is refused', async (_what, load, name, text, says) => {
  await expect(load(await written(name, text))).rejects.toThrow(says);
});

test('effects by a URL need a place in it', async () => {
  await expect(effectsFrom('http://localhost/effects', { origin: '', headers: [] })).rejects.toThrow(
    'with {{n}} in it',
  );
});

test('hooks are named functions, or those of the default export', async () => {
  const named = await hooksFrom(await written('g.mjs', 'export const crash = async () => {}; export const other = 1;'));
  expect(Object.keys(named)).toEqual(['crash']);
  const grouped = await hooksFrom(
    await written('h.mjs', 'export default { advance: async () => {}, slow: async () => {} };'),
  );
  expect(Object.keys(grouped).toSorted()).toEqual(['advance', 'slow']);
});
