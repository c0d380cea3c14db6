import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { defineBrowserProvider } from '@vitest/browser';
import type { BrowserProvider, BrowserProviderOption } from 'vitest/node';
import type { Browsers } from './browsers.ts';

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
  readonly #children: ChildProcess[] = [];
  #session: string | undefined;

  constructor(programs: NonNullable<Browsers['webkit']>) {
    this.#programs = programs;
  }

  getCommandsContext(): Record<string, unknown> {
    return {};
  }

  async openPage(_: string, url: string): Promise<void> {
    this.#session ??= await this.#start();
    await call(`${this.#session}/url`, { url });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await fetch(session, { method: 'DELETE' }).catch(() => undefined);
    // The browser before its display, each one gone before the next.
    for (const child of this.#children.splice(0).reverse()) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.kill()) await gone;
    }
  }

  /** The URL of a new session. */
  async #start(): Promise<string> {
    const display = await this.#startDisplay();
    const port = await freePort();
    this.#children.push(
      spawn(this.#programs.driver, ['-p', String(port)], {
        stdio: 'ignore',
        env: { ...process.env, DISPLAY: display, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
      }),
    );
    const driver = `http://127.0.0.1:${port}`;
    await until(() =>
      fetch(`${driver}/status`).then(
        (response) => response.ok,
        () => false,
      ),
    );
    const options = { binary: this.#programs.browser, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const { sessionId } = (await call(`${driver}/session`, { capabilities })) as { sessionId: string };
    return `${driver}/session/${sessionId}`;
  }

  /** Xvfb picks a free display by itself and writes its number to descriptor 3. */
  async #startDisplay(): Promise<string> {
    const child = spawn(
      this.#programs.display,
      ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
      {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      },
    );
    this.#children.push(child);
    const pipe = child.stdio[3];
    if (pipe === null || pipe === undefined) throw new Error('Xvfb has no pipe to say its display on.');
    const number = await new Promise<string>((resolve, reject) => {
      pipe.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code} before it had a display.`)));
    });
    return `:${number}`;
  }
}

async function call(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = (await response.json()) as { value: unknown };
  if (!response.ok) throw new Error(`WebKitWebDriver: ${JSON.stringify(answer)}`);
  return answer.value;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('WebKitWebDriver did not start within 10 s.');
}
