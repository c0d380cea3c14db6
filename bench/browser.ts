import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright';
import { CHROMIUM_ARGS, findBrowsers } from '../test/support/browsers.ts';
import type { PageBench, PageContender } from './browser-page.ts';
import { median, pairedRatio } from './statistics.ts';

export interface BrowserRow {
  readonly contender: PageContender;
  readonly label: string;
  /** Until all are stored. */
  readonly ms: number;
  /** Times as fast as a strict put each. */
  readonly ratio: number;
}

export interface BrowserResult {
  readonly engine: string;
  readonly rows: readonly BrowserRow[];
  readonly list: { readonly journalMs: number; readonly getAllMs: number; readonly ratio: number };
}

const CONTENDERS: Readonly<Record<PageContender, string>> = {
  journal: 'onceward IndexedDB journal, strict',
  'strict puts': 'a strict put each',
  'idb-keyval': 'idb-keyval as shipped, relaxed',
};

/** In a Chromium, on a page of its own origin. Undefined where there is none. */
export async function inBrowser(profile: string, quick: boolean): Promise<BrowserResult | undefined> {
  const { chromium: executablePath } = await findBrowsers();
  if (executablePath === undefined) return undefined;
  const script = await bundled();
  const server = createServer((request, response) => {
    const isScript = request.url === '/bench.js';
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(isScript ? script : '<!doctype html><script type="module" src="/bench.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: [...CHROMIUM_ARGS] });
  try {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.pageBench !== undefined');
    const engine = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    return { engine, rows: await stored(page, quick), list: await listed(page, quick) };
  } finally {
    await context.close();
    server.close();
  }
}

async function stored(page: Page, quick: boolean): Promise<BrowserRow[]> {
  const names = Object.keys(CONTENDERS) as PageContender[];
  const times = new Map<PageContender, number[]>(names.map((name) => [name, []]));
  for (let round = -2; round < (quick ? 2 : 15); round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const ms = await page.evaluate(([which, count]) => pageBench().atOnce(which, count), [name, 100] as const);
      if (round >= 0) times.get(name)?.push(ms);
    }
  }
  const of = (name: PageContender) => times.get(name) ?? [];
  return names.map((contender) => ({
    contender,
    label: CONTENDERS[contender],
    ms: median(of(contender)),
    ratio: pairedRatio(of('strict puts'), of(contender)),
  }));
}

async function listed(page: Page, quick: boolean): Promise<BrowserResult['list']> {
  const [pending, finished] = quick ? [10, 90] : [1_000, 9_000];
  await page.evaluate(([some, many]) => pageBench().fill(some, many), [pending, finished] as const);
  const times = { journal: [] as number[], getAll: [] as number[] };
  for (let round = -1; round < (quick ? 2 : 9); round++) {
    for (const contender of ['journal', 'getAll'] as const) {
      const { ms, found } = await page.evaluate((which) => pageBench().pending(which), contender);
      if (found !== pending) throw new Error(`${contender} found ${found} of ${pending} pending`);
      if (round >= 0) times[contender].push(ms);
    }
  }
  const { journal, getAll } = times;
  return { journalMs: median(journal), getAllMs: median(getAll), ratio: pairedRatio(journal, getAll) };
}

/** In the page. */
declare function pageBench(): PageBench;

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'browser-page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  return outputFiles.map(({ text }) => text).join('');
}
