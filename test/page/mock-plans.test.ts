import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { PLAN_FILES } from '../mock/support/plan-files.ts';
import { runPlan } from '../mock/support/plan-run.ts';
import { BASE } from '../mock/support/transports.ts';
import { pageEngines } from '../support/page-browser.ts';

const engines = await pageEngines();

/** A page with the mock in it, and the service worker that msw answers through. */
async function serveSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, '../mock/support/plan-page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  });
  const require = createRequire(import.meta.url);
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': [
      'text/html',
      '<!doctype html><meta charset="utf-8"><title>mock</title><script type="module" src="/page.js"></script>',
    ],
    '/page.js': ['text/javascript', outputFiles[0]?.text ?? ''],
    '/mockServiceWorker.js': ['text/javascript', await readFile(require.resolve('msw/mockServiceWorker.js'), 'utf8')],
  };
  const server = createServer(({ url = '/' }, response) => {
    const [type, text] = files[url] ?? [];
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': `${type ?? 'text/plain'}; charset=utf-8` });
    response.end(text);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test('there is an engine to test in', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('over msw, in $name, by its service worker', ({ launch }) => {
  let profile: string;
  let browser: BrowserContext;
  let site: Awaited<ReturnType<typeof serveSite>>;
  let page: Page;

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'onceward-mock-page-'));
    [browser, site] = await Promise.all([launch(profile), serveSite()]);
    page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction(() => 'planInPage' in globalThis);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  test.each(PLAN_FILES)('the plan %s gives the ledger it gives in one process', async (_name, plan) => {
    const direct = await runPlan(
      plan,
      (options) => createMock({ ...options, baseUrl: BASE }),
      async (mock) => ({ url: BASE, fetch: mock.fetch }),
    );
    const inPage = await page.evaluate((faults) => globalThis.planInPage(faults), plan);
    // As JSON, in which it came from the page.
    expect(inPage).toEqual(JSON.parse(JSON.stringify(direct)));
  });
});
