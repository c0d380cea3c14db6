import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBrowsers } from '../support/browsers.ts';
import { TabSite } from '../support/tab-site.ts';
import { type ChromiumBrowser, type ChromiumTab, launchChromium } from '../support/tabs-chromium.ts';

const { chromium } = await findBrowsers();
const within = { timeout: 30_000, interval: 20 };
const CHARGED = '{"charge":"cart","number":1}';

test('there is an engine to test in', () => {
  expect(chromium).toBeDefined();
});

describe.runIf(chromium !== undefined)('an insecure origin, without Web Locks, randomUUID and subtle', () => {
  let browser: ChromiumBrowser;
  let site: TabSite;

  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '', ['--host-resolver-rules=MAP insecure.test 127.0.0.1']);
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    site = await TabSite.start();
  });
  afterEach(() => site.close());

  const open = (name: string) =>
    browser.open(site.url(name, { speed: '10', attemptTimeout: '60000' }, 'insecure.test'));
  const told = (tab: ChromiumTab) => tab.evaluate<string | null>(`tab.told['cart'] ?? null`);
  const senders = () => site.of('cart').map(({ tab }) => tab);

  async function driven() {
    const release = site.hold();
    const driver = await open('a');
    expect(await driver.evaluate('[isSecureContext, typeof navigator.locks, typeof crypto.subtle]')).toEqual([
      false,
      'undefined',
      'undefined',
    ]);
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(senders, within).toEqual(['a']);
    return { driver, release };
  }

  test.each<readonly [string, (tab: ChromiumTab) => Promise<unknown>]>([
    ['is closed, and has said so', (tab) => tab.close()],
    ['crashes without a word', (tab) => tab.crash()],
  ])('the driving tab %s: the other one takes over and sends the same key', async (_, leave) => {
    const { driver, release } = await driven();
    const follower = await open('b');
    await follower.evaluate(`tab.pay('cart')`);
    const seen = async () => {
      await follower.evaluate(`tab.look('cart')`);
      return follower.evaluate<string | null>(`tab.seen['cart'] ?? null`);
    };
    await expect.poll(seen, within).toBe('pending other-driver');
    await leave(driver);
    await expect.poll(senders, within).toEqual(['a', 'b']);
    release();
    await expect.poll(() => told(follower), within).toBe(CHARGED);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(site.effects('cart')).toBe(1);
  });

  test('a reload goes on by itself, once nobody answers for the page before', async () => {
    const { driver, release } = await driven();
    await driver.reload();
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(senders, within).toEqual(['a', 'a']);
    release();
    await expect.poll(() => told(driver), within).toBe(CHARGED);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(await driver.evaluate('tab.complaints')).toEqual([]);
  });
});
