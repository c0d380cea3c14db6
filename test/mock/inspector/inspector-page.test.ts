import { readdirSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { parseSync } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMock } from '../../../src/mock/index.ts';
import { pageFiles } from '../../../src/mock/inspector/page-files.ts';
import { type Listening, listen } from '../../../src/mock/node.ts';

const FOLDER = new URL('../../../src/mock/inspector/page/', import.meta.url);
const PAGE_FILES = pageFiles();
const SCRIPTS = Object.keys(PAGE_FILES).filter((name) => name.endsWith('.js'));

/** Ways to turn text into markup or code, and to inline what the policy forbids. */
const FORBIDDEN =
  /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|DOMParser|createContextualFragment|setHTML|srcdoc|'style'|'on[a-z]+'|https?:/;

let mock: ReturnType<typeof createMock>;
let server: Listening;
beforeAll(async () => {
  mock = createMock({ baseUrl: 'https://api.test/v1' });
  server = await listen(mock);
});
afterAll(() => server.close());

describe('the files of the page', () => {
  test('every file is served', () => {
    expect(Object.keys(PAGE_FILES).toSorted()).toEqual(readdirSync(FOLDER).toSorted());
  });

  test.each(SCRIPTS)('%s parses, and imports only its neighbours', (name) => {
    const { errors, module } = parseSync(name, PAGE_FILES[name] ?? '');
    expect(errors).toEqual([]);
    const imported = module.staticImports.map(({ moduleRequest }) => moduleRequest.value);
    expect(imported.filter((one) => !SCRIPTS.includes(one.replace('./', '')))).toEqual([]);
    expect(module.dynamicImports).toEqual([]);
  });

  test.each(SCRIPTS)('%s makes no markup of text, and is checked by the compiler', (name) => {
    const text = (PAGE_FILES[name] ?? '').replace("'http://www.w3.org/2000/svg'", '');
    expect(FORBIDDEN.exec(text)?.[0]).toBeUndefined();
    expect(text.startsWith('// @ts-check\n')).toBe(true);
  });

  test('the document has no script and no style of its own, and asks nobody else', () => {
    const html = PAGE_FILES['index.html'] ?? '';
    expect(html).not.toMatch(/<style|style=|\son[a-z]+=|https?:|<script(?![^>]*src=)/);
    for (const [, asked = ''] of html.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(PAGE_FILES).toHaveProperty([asked.replace('page/', '')]);
    }
  });

  test('whoever bundles the mock for a browser does not carry it', async () => {
    const { metafile } = await build({
      entryPoints: ['src/mock/index.ts', 'src/mock/msw.ts', 'src/testing/index.ts'],
      bundle: true,
      write: false,
      outdir: 'out',
      metafile: true,
      external: ['msw'],
      platform: 'browser',
      logLevel: 'silent',
    });
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('src/mock/engine.ts');
    expect(inputs.filter((input) => input.includes('inspector'))).toEqual([]);
  });
});

describe('over node:http', () => {
  test.each(['/__onceward/', '/v1/__onceward/', ...Object.keys(PAGE_FILES).map((name) => `/__onceward/page/${name}`)])(
    '%s',
    async (path) => {
      const response = await fetch(server.url + path);
      const text = await response.text();
      expect(response.status).toBe(200);
      expect(text).toBe(readFileSync(new URL(path.split('page/')[1] ?? 'index.html', FOLDER), 'utf8'));
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
      expect(response.headers.get('content-type')).toMatch(/^(text|image)\//);
    },
  );

  test('without the slash at the end it leads there, wherever the mock is', async () => {
    for (const prefix of ['', '/v1']) {
      const response = await fetch(`${server.url}${prefix}/__onceward`);
      expect(response.url).toBe(`${server.url}${prefix}/__onceward/`);
      expect(await response.text()).toBe(PAGE_FILES['index.html']);
    }
  });

  test('HEAD has no body; what is no file of it is the mock to answer', async () => {
    const head = await fetch(`${server.url}/__onceward/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const path of ['page/', 'page/..%2Fpage-files.ts', 'page/__proto__', 'page/constructor', 'nothing']) {
      expect((await fetch(`${server.url}/__onceward/${path}`)).status).toBe(404);
    }
    expect((await fetch(`${server.url}/__onceward/ledger`)).status).toBe(200);
  });

  test('nothing of it is a request to the mock', () => {
    expect(mock.events()).toEqual([]);
  });
});
