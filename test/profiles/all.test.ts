import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import * as index from '../../src/profiles/index.ts';
import { defineProfile, ietf, type Profile } from '../../src/profiles/index.ts';

const root = join(import.meta.dirname, '../..');
const exported = Object.entries(index).filter((entry): entry is [string, Profile] => typeof entry[1] === 'object');
const files = (await readdir(join(root, 'src/profiles'))).filter((name) => name.endsWith('.ts'));
const sources = await Promise.all(
  files.map(async (file) => ({ file, text: await readFile(join(root, 'src/profiles', file), 'utf8') })),
);
const MADE = /^export const (\w+): Profile = profileOf\(/m;
const kebab = (name: string): string => name.replaceAll(/[A-Z]|\d+/g, (part) => `-${part.toLowerCase()}`);

test('every file of data is in the list, under its name', () => {
  const made = sources.flatMap(({ text }) => MADE.exec(text)?.[1] ?? []);
  expect(made.length).toBeGreaterThan(10);
  expect(exported.map(([name]) => name).toSorted()).toEqual(made.toSorted());
});

describe.each(exported)('%s', (name, profile) => {
  const source = sources.find(({ text }) => MADE.exec(text)?.[1] === name);
  test('file, name and export agree', () => {
    expect(`${profile.name}.ts`).toBe(source?.file);
    expect(kebab(name).replace(/-v-(\d)/, '-v$1')).toBe(profile.name);
  });
  test('its facts are in order', () => {
    expect(defineProfile(profile.data).data).toEqual(profile.data);
  });
  test('it names its sources, and has recorded answers', async () => {
    expect(source?.text).toMatch(/\*\s+Sources\b/);
    const recorded = await readFile(join(root, `test/profiles/recorded/${profile.name}.test.ts`), 'utf8');
    expect(recorded.match(/^ {4}source: /gm)?.length).toBeGreaterThanOrEqual(5);
  });
});

test.each<[string, index.IetfOptions]>([
  ['the least', { keyLifetime: '24h' }],
  [
    'all',
    {
      keyLifetime: '2h',
      accepted: 'monitor',
      conflict: 'final',
      storesClientErrors: true,
      mismatchType: 'urn:x',
      encoding: 'sf-string',
    },
  ],
])('ietf, %s: its facts are in order', (_name, options) => {
  expect(defineProfile(ietf(options).data).name).toBe('ietf');
});

test.each(["export { createClient } from './src/index.ts'", "export { ietf } from './src/profiles/index.ts'"])(
  '%s does not bring defineProfile',
  async (contents) => {
    const bundled = async (source: string): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents: source, resolveDir: root },
        bundle: true,
        minify: true,
        write: false,
        format: 'esm',
      });
      return outputFiles.map(({ text }) => text).join('');
    };
    const sign = 'it matches every answer';
    expect(await bundled("export { defineProfile } from './src/profiles/index.ts'")).toContain(sign);
    expect(await bundled(contents)).not.toContain(sign);
  },
);
