import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContext } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';
import { pageEngines } from '../support/page-browser.ts';
import { InspectorPage } from '../support/page-inspector.ts';

const engines = await pageEngines();

/** Where the images of the docs are; written only when asked for: INSPECTOR_IMAGES=1. */
const IMAGES = fileURLToPath(new URL('../../docs/images/', import.meta.url));

/** A key may hold neither spaces nor quotes; a tenant is what the user's function says, a body what the client sends. */
const MARKUP_KEY = '<img/src=x/onerror=alert(1)>';
const MARKUP = '"><img src=x onerror="alert(1)"><script>alert(2)</script>';

const FIRST = 'lock, effect, store 201, answer 201';
const REPLAY = 'replay 201, answer 201';
const within = { timeout: 20_000 };

test('there is an engine to test in', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('the inspector in $name', ({ name, launch }) => {
  let profile: string;
  let browser: BrowserContext;
  let mock: Mock;
  let server: Listening;
  let inspector: InspectorPage;
  let release: () => void;

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'onceward-inspector-'));
    browser = await launch(profile);
  });
  afterAll(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  beforeEach(async () => {
    const gate = Promise.withResolvers<void>();
    release = gate.resolve;
    mock = shop(gate.promise);
    server = await listen(mock);
    inspector = await InspectorPage.open(browser, server.url);
  });
  afterEach(async () => {
    release();
    await inspector.page.close();
    await server.close();
  });

  const send = (key: string | undefined, how?: How): Promise<void> => sendTo(server.url, key, how);

  async function shows(key: string, ...rows: readonly string[]): Promise<void> {
    await expect.poll(() => inspector.rows(key), within).toEqual(rows);
  }

  test('a request makes a lane, its repeat a second row, while somebody looks', async () => {
    expect(await inspector.text('empty')).toContain('No request has come in yet.');
    await send('order-1');
    await shows('order-1', FIRST);
    await expect.poll(() => inspector.badge('order-1'), within).toMatch(/^stored 201, for (?:1 d|23\.9 h)$/);
    await send('order-1');
    await shows('order-1', FIRST, REPLAY);
    expect(await inspector.page.locator('#empty').isVisible()).toBe(false);
    expect(inspector.complaints).toEqual([]);
  });

  test('a click on a fault: the next request meets it, and the lane says so', async () => {
    await send('order-1');
    await inspector.click('lose-response');
    await expect.poll(() => inspector.text('planned'), within).toBe('Planned: lose-response');
    expect(await inspector.text('said')).toContain('The next request meets lose-response');
    await send('order-2');
    await shows('order-2', 'lock, effect, store 201, fault lose-response, no answer silence');
    await expect.poll(() => inspector.text('planned'), within).toBe('None is planned.');
    await inspector.click('status:503');
    await send('order-2');
    await send('order-2');
    const cut = 'lock, effect, store 201, fault lose-response, no answer silence';
    await shows('order-2', cut, 'fault status:503, answer 503', REPLAY);
    expect(await inspector.rows('order-1')).toEqual([FIRST]);
    expect(mock.effects()).toHaveLength(2);
    await inspector.click('stall');
    await inspector.click('Forget the planned faults');
    await expect.poll(() => inspector.text('planned'), within).toBe('None is planned.');
    expect(() => mock.assertPlanConsumed()).not.toThrow();
  });

  test('the clock: a key expires while it is looked at, and runs again', async () => {
    await send('order-1');
    await inspector.click('+1 hour');
    await expect.poll(() => inspector.badge('order-1'), within).toBe('stored 201, for 22.9 h');
    await inspector.click('+24 hours');
    await expect.poll(() => inspector.badge('order-1'), within).toBe('expired');
    const today = new Date(mock.clock.now()).toISOString().slice(0, 10);
    expect((await inspector.text('clock'))?.slice(0, 10)).toBe(today);
    await send('order-1');
    const gone = '- the stored answer is past its lifetime, and forgotten';
    await shows('order-1', FIRST, '- clock +1 h', '- clock +1 d', gone, FIRST);
  });

  test('a crash takes the lock and the effect of what runs; a reset takes everything', async () => {
    const cut = send('order-1', { path: '/held' });
    await expect.poll(() => inspector.badge('order-1'), within).toBe('locked');
    await shows('order-1', 'lock, effect, running');
    await inspector.click('Crash');
    await shows('order-1', 'lock, effect, release crash, no answer crash', '- the server crashed');
    await expect.poll(() => inspector.badge('order-1'), within).toBe('free');
    await cut;
    expect(mock.effects()).toEqual([]);
    await inspector.click('Reset');
    await expect.poll(() => inspector.lanes(), within).toEqual([]);
    expect(mock.ledger()).toEqual([]);
  });

  test('one tenant at a time', async () => {
    await send('order-1', { tenant: 'shop-a' });
    await send('order-1', { tenant: 'shop-b' });
    await send(undefined, { tenant: 'shop-b' });
    const all = [
      ['shop-b', 'Without a key'],
      ['shop-b', 'order-1'],
      ['shop-a', 'order-1'],
    ];
    await expect.poll(() => inspector.lanes(), within).toEqual(all);
    await inspector.page.locator('#tenant').selectOption('shop-a');
    await expect.poll(() => inspector.lanes(), within).toEqual(all.slice(2));
    await send('order-2', { tenant: 'shop-b' });
    await send('order-2', { tenant: 'shop-a' });
    await expect.poll(() => inspector.lanes(), within).toEqual([['shop-a', 'order-2'], ...all.slice(2)]);
    await inspector.page.locator('#tenant').selectOption('');
    await expect.poll(() => inspector.lanes(), within).toHaveLength(5);
  });

  test('a keyboard is enough', async () => {
    const { keyboard } = inspector.page;
    await send('order-1', { tenant: 'shop-a' });
    await expect.poll(() => inspector.lanes(), within).toHaveLength(1);
    /** Steps on with Tab until the focus is on it. Whoever has it can be seen to have it. */
    const reach = async (label: string): Promise<void> => {
      const focused = async (): Promise<string> => {
        await keyboard.press('Tab');
        return inspector.page.evaluate(() => {
          const on = document.activeElement;
          if (on === null || getComputedStyle(on).outlineStyle === 'none') return 'nothing that can be seen';
          return on.id === 'tenant' ? on.id : (on.textContent ?? '');
        });
      };
      await expect.poll(focused, { ...within, interval: 10 }).toBe(label);
    };
    await reach('status:503');
    await keyboard.press('Enter');
    await expect.poll(() => inspector.text('planned'), within).toBe('Planned: status:503');
    await send('order-1', { tenant: 'shop-a' });
    await reach('+24 hours');
    await keyboard.press('Space');
    await expect.poll(() => inspector.badge('order-1'), within).toBe('expired');
    await reach('Crash');
    await keyboard.press('Enter');
    await shows('order-1', FIRST, 'fault status:503, answer 503', '- clock +1 d', '- the server crashed');
    await reach('tenant');
    await keyboard.press('ArrowDown');
    // Some engines open the list first.
    await keyboard.press('Enter');
    await expect.poll(() => inspector.page.locator('#tenant').inputValue(), within).toBe('shop-a');
  });

  test('markup as key, tenant, path, body and message stays text', async () => {
    await send(MARKUP_KEY, { tenant: MARKUP });
    await send(MARKUP_KEY, { tenant: MARKUP, path: `/failing/${encodeURIComponent(MARKUP)}` });
    await send('<b>', { tenant: MARKUP, path: '/<img/src=x/onerror=alert(1)>' });
    await send('failing', { tenant: MARKUP, path: '/failing/<img>' });
    await shows('failing', `lock, effect, release not-kept, answer 500 (${MARKUP})`);
    expect(await inspector.lanes()).toEqual([
      [MARKUP, 'failing'],
      [MARKUP, '<b>'],
      [MARKUP, MARKUP_KEY],
    ]);
    await inspector.page.locator('#tenant').selectOption(MARKUP);
    await expect.poll(() => inspector.rows(MARKUP_KEY), within).toEqual([FIRST, 'refuse 422 mismatch, answer 422']);
    expect(await inspector.page.locator('img, b, main script, [onerror]').count()).toBe(0);
    expect(inspector.complaints).toEqual([]);
    // Nobody but its own server was asked, and the mock has not taken the page for a client.
    expect(inspector.asked.filter((url) => !url.startsWith(`${server.url}/__onceward/`))).toEqual([
      `${server.url}/__onceward`,
    ]);
    expect(mock.events().filter(({ method }) => method === 'GET')).toEqual([]);
  });

  test('the server goes and another one comes: the page begins anew by itself', async () => {
    await send('order-1');
    await shows('order-1', FIRST);
    const port = Number(new URL(server.url).port);
    await server.close();
    await inspector.connected('gone');
    expect(await inspector.rows('order-1')).toEqual([FIRST]);
    await inspector.click('Crash');
    await expect.poll(() => inspector.text('said'), within).toBe('The server cannot be reached.');
    mock = createMock();
    server = await listen(mock, { port });
    await inspector.connected('live');
    await send('order-2');
    await expect.poll(() => inspector.lanes(), within).toEqual([['default', 'order-2']]);
  });

  // Firefox as Debian builds it cannot be told which scheme to prefer.
  describe.each([
    ['wide', 1_100],
    ['narrow', 390],
  ])('%s', (width, pixels) => {
    test.each(name === 'Chromium' ? (['light', 'dark'] as const) : (['light'] as const))(
      '%s: nothing stands out of the screen, and axe has nothing to say',
      async (scheme) => {
        await inspector.page.setViewportSize({ width: pixels, height: 800 });
        await inspector.page.emulateMedia({ colorScheme: scheme });
        await tellStory(server.url, mock);
        const cut = 'lock, effect, store 201, fault reset-after, no answer reset';
        await shows('order-1043', cut, 'fault status:503, answer 503', '- clock +1 h', REPLAY);
        await expect.poll(() => inspector.badge('order-1043'), within).toBe('stored 201, for 22.9 h');
        expect(await inspector.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(
          scheme === 'dark',
        );
        expect(await inspector.overflow()).toBe(0);
        expect(await inspector.violations()).toEqual([]);
        if (process.env['INSPECTOR_IMAGES'] !== undefined && name === 'Chromium' && width === 'wide') {
          await inspector.page.setViewportSize({ width: 806, height: 470 });
          await inspector.page.screenshot({ path: `${IMAGES}inspector-${scheme}.png` });
        }
      },
    );
  });
});

/** A server with one tenant for each shop. `held` is what one of its handlers waits for. */
function shop(held: Promise<void>): Mock {
  return createMock({
    tenant: (request) => decodeURIComponent(request.headers.get('x-tenant') ?? 'default'),
    routes: {
      'POST /charges': () => Response.json({ id: MARKUP }, { status: 201 }),
      'POST /held': async () => (await held, Response.json({}, { status: 201 })),
      'POST /failing/:id': () => {
        throw new Error(MARKUP);
      },
    },
  });
}

interface How {
  readonly path?: string;
  readonly tenant?: string;
}

/** One request of a client that gives up on silence. */
async function sendTo(
  url: string,
  key: string | undefined,
  { path = '/charges', tenant = 'default' }: How = {},
): Promise<void> {
  const headers: Record<string, string> = { 'x-tenant': encodeURIComponent(tenant) };
  if (key !== undefined) headers['idempotency-key'] = key;
  const init = { method: 'POST', headers, body: JSON.stringify({ note: MARKUP }), signal: AbortSignal.timeout(1_000) };
  await fetch(url + path, init).catch(() => {});
}

/** A bit of everything, and names as long as they get. The newest key, order-1043, has been through the most. */
async function tellStory(url: string, mock: Mock): Promise<void> {
  await sendTo(url, 'k'.repeat(255), { tenant: 't'.repeat(300), path: `/${'p'.repeat(600)}` });
  await sendTo(url, undefined, { tenant: 'shop-b', path: '/nowhere' });
  mock.fail('duplicate', 'crash:before-store');
  for (const key of ['order-1041', 'order-1041', 'order-1042', 'order-1042']) await sendTo(url, key);
  mock.fail('reset-after', 'status:503');
  await sendTo(url, 'order-1043');
  await sendTo(url, 'order-1043');
  await mock.clock.advance('1h');
  await sendTo(url, 'order-1043');
}
