import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = new URL('../page/', import.meta.url);
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const FILES = ['index.html', 'style.css', 'counter.css', 'icon.svg'];

/** No inline script, nothing from elsewhere, in nobody's frame. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The page with its one script, bundled from the built package as an application would. Resolves to a listener that says whether it answered. */
export async function page() {
  const files = new Map();
  for (const name of FILES) {
    files.set(`/${name}`, { type: TYPES[extname(name)], body: await readFile(new URL(name, PAGE)) });
  }
  files.set('/', files.get('/index.html'));
  files.set('/checkout.js', { type: 'text/javascript; charset=utf-8', body: await bundle() });
  return (request, response) => {
    const file = files.get(request.url.split('?')[0]);
    if (file === undefined) return false;
    response.writeHead(200, { 'content-type': file.type, ...HEADERS });
    response.end(request.method === 'HEAD' ? undefined : file.body);
    return true;
  };
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('checkout.js', PAGE))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0].contents;
}
