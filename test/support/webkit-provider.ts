import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';
import type { Browsers } from './browsers.ts';
import { WebKitSession } from './webkit-session.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    /** Vitest's own: its runner in the page calls it to set the size of the page. */
    __vitest_viewport: () => Promise<void>;
  }
}

/** WebKitGTK for vitest: Playwright's webkit needs a build of its own, so this speaks WebDriver to Debian's. Without clicks and screenshots. */
export function webkitgtk(programs: NonNullable<Browsers['webkit']>): BrowserProviderOption {
  return defineBrowserProvider({
    name: 'webkitgtk',
    supportedBrowser: ['webkit'],
    providerFactory(project) {
      // The window stays as it is.
      project.browser?.registerCommand('__vitest_viewport', () => Promise.resolve());
      return new WebKitProvider(programs);
    },
  });
}

class WebKitProvider implements BrowserProvider {
  readonly name = 'webkitgtk';
  readonly supportsParallelism = false;
  readonly #programs: NonNullable<Browsers['webkit']>;
  #session: WebKitSession | undefined;

  constructor(programs: NonNullable<Browsers['webkit']>) {
    this.#programs = programs;
  }

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_: string, url: string): Promise<void> {
    this.#session ??= await WebKitSession.start(this.#programs);
    await this.#session.post('url', { url });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }
}
