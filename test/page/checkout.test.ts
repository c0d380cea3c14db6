import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pageEngines } from '../support/page-browser.ts';
import { CheckoutPage } from '../support/page-checkout.ts';
import { CheckoutServer } from '../support/page-server.ts';
import { storedText, traces } from '../support/page-storage.ts';

const engines = await pageEngines();

/** Everything that is counted is counted by the server. */
const ONCE = { keys: 1, requests: 1, effects: 1 };
const TWICE_ASKED = { keys: 1, requests: 2, effects: 1 };

test('there is an engine to test in', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('checkout in $name', ({ name: engine, launch }) => {
  let profile: string;
  let browser: BrowserContext;
  let server: CheckoutServer;

  beforeAll(async () => {
    profile = await mkdtemp(join(tmpdir(), 'onceward-page-'));
    browser = await launch(profile);
  });
  afterAll(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  beforeEach(async () => {
    server = await CheckoutServer.start();
  });
  afterEach(async () => {
    for (const page of browser.pages().slice(1)) await page.close();
    await server.stop();
  });

  /** A tab that shows a cart nobody has paid for. */
  async function readyTab(): Promise<CheckoutPage> {
    const tab = await CheckoutPage.open(browser, server.url);
    await tab.shows('ready');
    return tab;
  }

  test('pays, shows the receipt, and shows it again after a reload', async () => {
    const tab = await readyTab();
    const complaints = tab.complaints();
    await tab.pay();
    await tab.shows('paid');
    expect(await tab.text('status-text')).toContain('€40.30');
    await tab.page.reload();
    await tab.shows('paid');
    expect(await tab.text('status-text')).toContain('€40.30');
    expect(await server.counts()).toEqual(ONCE);
    expect(complaints).toEqual([]);
  });

  test('a double click is one request and one charge', async () => {
    const tab = await readyTab();
    await server.fault('hold');
    await tab.page.locator('#pay').dblclick();
    await server.requests(1);
    expect(await tab.text('clicks')).toBe('2');
    await server.fault('none');
    await tab.shows('paid');
    expect(await server.counts()).toEqual(ONCE);
  });

  test('reloaded after the charge, before the answer: the answer is shown after the reload', async () => {
    const tab = await readyTab();
    await server.fault('lose-response');
    await tab.pay();
    await server.requests(1);
    await tab.page.reload();
    expect(await server.counts()).toMatchObject({ effects: 1 });
    await tab.shows('paid');
    expect(await tab.text('status-detail')).toContain('the bank repeated it');
    const { requests, ...counts } = await server.counts();
    expect(counts).toEqual({ keys: 1, effects: 1 });
    // Firefox cancels the request of a page that is left a moment before the page is told, and in that moment it may ask once more.
    expect(requests).toBeGreaterThanOrEqual(2);
    expect(requests).toBeLessThanOrEqual(engine === 'Firefox' ? 3 : 2);
  });

  test('reloaded while the bank still works: confirming, then the answer', async () => {
    const tab = await readyTab();
    await server.fault('hold');
    await tab.pay();
    await server.requests(1);
    await tab.page.reload();
    await tab.shows('confirming');
    // Nobody has been answered yet but this reload, and with "in progress".
    await server.requests(2);
    await tab.says('The bank is working on it.');
    await server.fault('none');
    await tab.shows('paid');
    expect(await server.counts()).toMatchObject({ keys: 1, effects: 1 });
  });

  test('two tabs, one name, at the same moment: one key, one request, both show the answer', async () => {
    const tabs = [await readyTab(), await readyTab()] as const;
    await server.fault('hold');
    await Promise.all(tabs.map((tab) => tab.pay()));
    await server.requests(1);
    await Promise.all(tabs.map((tab) => tab.shows('paying', 'confirming')));
    await server.fault('none');
    await Promise.all(tabs.map((tab) => tab.shows('paid')));
    const receipts = await Promise.all(tabs.map((tab) => tab.text('status-text')));
    expect(receipts[0]).toContain('Receipt pay_1');
    expect(receipts[1]).toBe(receipts[0]);
    expect(await server.counts()).toEqual(ONCE);
  });

  test('the driving tab is closed: the other one takes over and shows the answer', async () => {
    const driving = await readyTab();
    const other = await readyTab();
    await server.fault('lose-response');
    await driving.pay();
    await server.requests(1);
    await other.pay();
    await other.says('Another tab of this browser is on it.');
    expect(await driving.state()).not.toBe('paid');
    expect(await server.counts()).toEqual(ONCE);
    await driving.page.close();
    await other.shows('paid');
    expect(await server.counts()).toEqual(TWICE_ASKED);
  });

  test('the bank refuses: nothing is charged, and trying again is another key', async () => {
    const tab = await readyTab();
    await server.fault('refused');
    await tab.pay();
    await tab.shows('refused');
    await tab.page.reload();
    await tab.shows('refused');
    expect(await server.counts()).toEqual({ keys: 1, requests: 1, effects: 0 });
    await server.fault('none');
    await tab.page.locator('#pay').dblclick();
    await tab.shows('paid');
    expect(await server.counts()).toEqual({ keys: 2, requests: 2, effects: 1 });
  });

  test('the bank contradicts itself: in doubt, also after a reload, and no way to pay twice', async () => {
    const tab = await readyTab();
    await server.fault('doubt');
    await tab.pay();
    await tab.shows('doubt');
    expect(await server.counts()).toEqual(TWICE_ASKED);
    await tab.page.reload();
    await tab.shows('doubt');
    expect(await tab.page.locator('#pay').isVisible()).toBe(false);
    expect(await server.counts()).toEqual(TWICE_ASKED);
  });

  test('what authorize supplies is in no storage of the browser', async () => {
    const tab = await readyTab();
    const secret = await server.session();
    await server.fault('hold');
    await tab.pay();
    await server.requests(1);
    const pending = await tab.page.evaluate(storedText);
    await server.fault('none');
    await tab.shows('paid');
    const finished = await tab.page.evaluate(storedText);
    // The dumps see what is there, request and answer too, which are bytes.
    expect(traces(pending, 'guest-')).not.toEqual([]);
    expect(traces(pending, '"currency\\":\\"EUR')).not.toEqual([]);
    expect(traces(finished, 'pay_1')).not.toEqual([]);
    // And the server has let nobody in without the secret.
    expect(await server.counts()).toEqual(ONCE);
    for (const stored of [pending, finished]) {
      expect(traces(stored, secret)).toEqual([]);
      expect(traces(stored, 'Bearer')).toEqual([]);
    }
  });

  test('a narrow screen and a keyboard are enough', async () => {
    const tab = await readyTab();
    await tab.page.setViewportSize({ width: 390, height: 700 });
    const [wide, seen] = await tab.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth, clientWidth];
    });
    expect(wide).toBe(seen);
    await tab.page.locator('#new-cart').focus();
    // The steppers that can be used: four of six, and then the button.
    for (let stop = 0; stop < 5; stop += 1) await tab.page.keyboard.press('Tab');
    await tab.page.keyboard.press('Enter');
    await tab.shows('paid');
    expect(await server.counts()).toEqual(ONCE);
  });
});
