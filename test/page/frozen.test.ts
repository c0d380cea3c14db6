import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBrowsers } from '../support/browsers.ts';
import { type Arrival, TabSite } from '../support/tab-site.ts';
import { type ChromiumBrowser, type ChromiumTab, launchChromium } from '../support/tabs-chromium.ts';

const { chromium } = await findBrowsers();
const NAMES = Array.from({ length: 200 }, (_, at) => `cart-${at}`);
const within = { timeout: 30_000, interval: 20 };
const long = { timeout: 100_000, interval: 100 };

/** Waits, leases and questions take a tenth of their time. */
const fast = { speed: '10', attemptTimeout: '60000' };

test('there is an engine to freeze', () => {
  expect(chromium).toBeDefined();
});

describe.runIf(chromium !== undefined)('tabs of Chromium that stand still', () => {
  let browser: ChromiumBrowser;
  let site: TabSite;
  const tabs: ChromiumTab[] = [];

  beforeAll(async () => {
    browser = await launchChromium(chromium ?? '');
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    site = await TabSite.start();
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => undefined);
    await site.close();
  });

  async function open(name: string, options: Readonly<Record<string, string>> = {}): Promise<ChromiumTab> {
    const tab = await browser.open(site.url(name, { ...fast, ...options }));
    tabs.push(tab);
    return tab;
  }

  const senders = () => site.of('cart').map(({ tab }) => tab);
  const told = (tab: ChromiumTab) => tab.evaluate<string | null>(`tab.told['cart'] ?? null`);
  const seen = async (tab: ChromiumTab) => {
    await tab.evaluate(`tab.look('cart')`);
    return tab.evaluate<string | null>(`tab.seen['cart'] ?? null`);
  };

  /** Tab `a` sends and is not answered, tab `b` follows it. */
  async function driven(options: Readonly<Record<string, string>> = {}) {
    const release = site.hold();
    const driver = await open('a', options);
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(senders, within).toEqual(['a']);
    const follower = await open('b');
    await follower.evaluate(`tab.pay('cart')`);
    await expect.poll(() => seen(follower), within).toBe('pending other-driver');
    return { driver, follower, release };
  }

  const CHARGED = '{"charge":"cart","number":1}';

  test.each([
    ['drops its lock before', ''],
    // As a page that stands still without a word: its lock is held, and nobody answers.
    ['holds its lock', 'freeze'],
  ])('a frozen driver that %s is taken over; thawed, it sends nothing more and tells the answer', async (_, deaf) => {
    const { driver, follower, release } = await driven({ deaf });
    await driver.freeze();
    await expect.poll(senders, within).toEqual(['a', 'b']);
    release();
    await expect.poll(() => told(follower), within).toBe(CHARGED);
    await driver.thaw();
    await expect.poll(() => told(driver), within).toBe(CHARGED);
    expect(senders()).toEqual(['a', 'b']);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(site.effects('cart')).toBe(1);
  });

  test('a driver that rests answers, and is not robbed however long it rests', async () => {
    site.refuse('cart', 503, { 'retry-after': '3' });
    const driver = await open('a', { speed: '1' });
    const follower = await open('b', { speed: '100' });
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(senders, within).toEqual(['a']);
    await follower.evaluate(`tab.pay('cart')`);
    // By the follower's clock these are five minutes.
    await expect.poll(() => told(driver), within).toBe(CHARGED);
    await expect.poll(() => told(follower), within).toBe(CHARGED);
    expect(senders()).toEqual(['a', 'a']);
  });

  test('a follower that was frozen itself does not take that time for silence', async () => {
    const { driver, follower, release } = await driven();
    await follower.freeze();
    // Long enough for the lease of whoever would count it.
    const since = performance.now();
    await expect.poll(() => performance.now() - since, within).toBeGreaterThan(5_000);
    await follower.thaw();
    await expect.poll(() => seen(follower), within).toBe('pending other-driver');
    release();
    for (const tab of [driver, follower]) await expect.poll(() => told(tab), within).toBe(CHARGED);
    expect(senders()).toEqual(['a']);
  });

  test.each([
    ['lets go of its lock', ''],
    // The cache keeps the lock; whoever queued before it went in is not granted it until somebody asks for the list.
    ['keeps its lock', 'pagehide,freeze'],
  ])('a driver in the back/forward cache that %s is taken over; back, it reads before it sends', async (_, deaf) => {
    const { driver, follower, release } = await driven({ deaf });
    await driver.goto(site.elsewhere);
    await expect.poll(senders, within).toEqual(['a', 'b']);
    release();
    await expect.poll(() => told(follower), within).toBe(CHARGED);
    await driver.back();
    // Cached or, where a waiting lock has thrown it out of the cache, loaded anew.
    await driver.evaluate(`tab.told['cart'] ?? tab.pay('cart')`);
    await expect.poll(() => told(driver), within).toBe(CHARGED);
    expect(senders()).toEqual(['a', 'b']);
    expect(site.effects('cart')).toBe(1);
  });

  test('back from the cache without anybody else, it goes on under another mark', async () => {
    const driver = await open('a');
    site.refuse('cart', 503, { 'retry-after': '2' });
    await driver.evaluate(`tab.pay('cart'), globalThis.same = true`);
    await expect.poll(senders, within).toEqual(['a']);
    await driver.goto(site.elsewhere);
    await driver.back();
    expect(await driver.evaluate('globalThis.same === true')).toBe(true);
    await expect.poll(() => told(driver), within).toBe(CHARGED);
    expect(senders()).toEqual(['a', 'a']);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
  });

  test.each([
    ['is frozen', async (tab: ChromiumTab) => (await tab.freeze(), () => tab.thaw())],
    ['stands still without a word', stopBetweenTransactions],
  ])('two tabs drive the same 200 carts, one %s in the middle: one live sender a name', async (_, hold) => {
    site.takes = 60;
    const pace = { speed: '4', attemptTimeout: '20000' };
    const a = await open('a', pace);
    // Told by who works most, so while nobody else does.
    await a.pid();
    const b = await open('b', pace);
    // Each drives a half, and follows the other: the one that is to be held claims its own before anybody else asks for them.
    const halves = [NAMES.slice(0, 100), NAMES.slice(100)].map((names) => JSON.stringify(names));
    await a.evaluate(`tab.pay(...${halves[0]})`);
    await expect.poll(() => site.arrivals.length, within).toBeGreaterThan(0);
    for (const half of [halves[1], halves[0]]) await b.evaluate(`tab.pay(...${half})`);
    await a.evaluate(`tab.pay(...${halves[1]})`);
    await expect.poll(() => site.arrivals.filter(({ tab }) => tab === 'a').length, within).toBeGreaterThan(20);
    // Nothing ends meanwhile, however long that takes.
    const release = site.hold();
    const goOn = await hold(a, site);
    const heldAt = performance.now();
    release();
    await expect.poll(() => b.evaluate('Object.keys(tab.told).length'), long).toBe(NAMES.length);
    const freedAt = performance.now();
    await goOn();
    await expect.poll(() => a.evaluate('Object.keys(tab.told).length'), long).toBe(NAMES.length);
    const byName = NAMES.map((name) => site.of(name));
    expect(byName.map((all) => new Set(all.map(({ key }) => key)).size)).toEqual(NAMES.map(() => 1));
    expect(NAMES.filter((name) => site.effects(name) !== 1)).toEqual([]);
    // Only what was sent before may still be open when the other one sends: that is the takeover.
    const overlaps = byName.flatMap((all) => overlapping(all));
    expect(overlaps.filter(([first]) => !(first.tab === 'a' && first.start <= heldAt))).toEqual([]);
    // What was taken over stays so.
    expect(site.arrivals.filter(({ tab, start }) => tab === 'a' && start > freedAt)).toEqual([]);
    const taken = site.arrivals.filter(({ tab, start }) => tab === 'b' && start > heldAt);
    expect(taken.length).toBeGreaterThan(20);
    for (const tab of [a, b]) expect(await tab.evaluate('tab.complaints')).toEqual([]);
  });
});

/** Without a word to its page, whose locks are kept. A tab that is stopped in the middle of a transaction blocks every other one: no page can help
 *  that, and the browser ends it only after a minute. So it is stopped between two. */
async function stopBetweenTransactions(tab: ChromiumTab, site: TabSite): Promise<() => Promise<void>> {
  const pid = await tab.pid();
  const standing = site.standing();
  // Does not answer before it goes on.
  void tab.evaluate('tab.standStill()').catch(() => undefined);
  const answer = await standing;
  process.kill(pid, 'SIGSTOP');
  return async () => {
    process.kill(pid, 'SIGCONT');
    answer();
  };
}

/** Pairs of requests that were open at the same time. */
function overlapping(all: readonly Arrival[]): readonly (readonly [Arrival, Arrival])[] {
  return all.flatMap((first, at) =>
    all
      .slice(at + 1)
      .filter((second) => second.start < (first.end ?? Number.POSITIVE_INFINITY))
      .map((second) => [first, second] as const),
  );
}
