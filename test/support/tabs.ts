import { findBrowsers } from './browsers.ts';
import { launchChromium } from './tabs-chromium.ts';
import { launchFirefox } from './tabs-firefox.ts';
import { launchWebKit } from './tabs-webkit.ts';

/** One tab, as its user has it. */
export interface Tab {
  /** Resolves once the page has loaded. */
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  /** What a synchronous expression comes to in the page: plain data. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

/** A browser whose tabs are real: opened, closed and left in any order, each with an event loop of its own. */
export interface TabBrowser {
  open(url: string): Promise<Tab>;
  close(): Promise<void>;
}

export interface TabEngine {
  readonly name: 'Chromium' | 'Firefox' | 'WebKitGTK';
  launch(): Promise<TabBrowser>;
}

export async function tabEngines(): Promise<readonly TabEngine[]> {
  const { chromium, firefox, webkit } = await findBrowsers();
  return [
    ...(chromium === undefined ? [] : [{ name: 'Chromium', launch: () => launchChromium(chromium) } as const]),
    ...(firefox === undefined ? [] : [{ name: 'Firefox', launch: () => launchFirefox(firefox) } as const]),
    ...(webkit === undefined ? [] : [{ name: 'WebKitGTK', launch: () => launchWebKit(webkit) } as const]),
  ];
}
