import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, test } from 'vitest';
import { pageEngines } from '../support/page-browser.ts';

const engines = await pageEngines();
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  undo.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An API as it is before anybody thought of pages that send a key: everything is allowed but the one header. */
async function makeApi(): Promise<{ url: string; seen: string[]; keys: Set<unknown>; allow(): void }> {
  const seen: string[] = [];
  const keys = new Set<unknown>();
  let names = 'Content-Type';
  const url = await serve((request, response) => {
    seen.push(request.method ?? '');
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader('Access-Control-Allow-Headers', names);
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    keys.add(request.headers['idempotency-key']);
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"charge":1}');
  });
  const allow = (): void => {
    names = 'Content-Type, Idempotency-Key';
  };
  return { url, seen, keys, allow };
}

/** A page that has the client, and nothing else. */
async function makePage(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { createClient, memoryJournal } from 'onceward'; import { ietf } from 'onceward/profiles';
        globalThis.payments = (baseUrl) => createClient({ baseUrl, profile: ietf({ keyLifetime: '24h' }), owner: 'alice',
          journal: memoryJournal(), retry: { baseDelay: 1, maxDelay: '60s', limit: 3 } });`,
      resolveDir: join(import.meta.dirname, '../..'),
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
  });
  const html = `<!doctype html><title>M26</title><script>${outputFiles[0]?.text.replaceAll('</script', '<\\/script')}</script>`;
  return serve((_, response) => response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html));
}

test('M26: there is an engine to see it in', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('$name', ({ launch }) => {
  test('M26: a server that does not allow the key: told with the exact lines, nothing called failed, and mended it is charged once', async () => {
    const [api, home] = await Promise.all([makeApi(), makePage()]);
    const folder = await mkdtemp(join(tmpdir(), 'onceward-m26-'));
    undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const browser = await launch(folder);
    undo.push(() => browser.close());
    const page = await browser.newPage();
    const warnings: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'warning' && message.text().includes('Access-Control')) warnings.push(message.text());
    });
    await page.goto(home);
    const said = await page.evaluate(async (url) => {
      const { payments } = globalThis as unknown as { payments: (url: string) => import('../../src/index.ts').Client };
      const client = payments(url);
      Object.assign(globalThis, { client });
      const error = await client.post('/charges', { once: 'cart/1', json: { amount: 5 }, waitTimeout: '5s' }).then(
        ({ status }) => ({ name: 'answered', message: `${status}`, effect: 'done' }),
        (reason: { name: string; message: string; effect: string }) => reason,
      );
      return { name: error.name, message: error.message, effect: error.effect };
    }, api.url);
    const lines = [
      `  Access-Control-Allow-Origin: ${home}`,
      '  Access-Control-Allow-Headers: Idempotency-Key, Content-Type',
      '  Access-Control-Allow-Methods: POST',
    ].join('\n');
    expect(said).toMatchObject({ name: 'StillPendingError', effect: 'possible' });
    expect(said.message).toContain(lines);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(lines);
    // A browser asks first: not one request got through, and no page can know that.
    expect(new Set(api.seen)).toEqual(new Set(['OPTIONS']));

    api.allow();
    const outcome = await page.evaluate(async () => {
      const { client } = globalThis as unknown as { client: import('../../src/index.ts').Client };
      await client.operations.wake('cart/1');
      const { status, effect } = await client.operations.outcome('cart/1', { waitTimeout: '10s' });
      return `${status} ${effect}`;
    });
    expect(outcome).toBe('succeeded done');
    expect(api.seen.filter((method) => method === 'POST')).toHaveLength(1);
    expect(api.keys.size).toBe(1);
  });
});
