import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Browsers } from './browsers.ts';

/** A WebDriver session with WebKitGTK, on a display of its own. What it stores ends with it. */
export class WebKitSession {
  readonly #children: readonly ChildProcess[];
  readonly #url: string;

  private constructor(url: string, children: readonly ChildProcess[]) {
    this.#url = url;
    this.#children = children;
  }

  static async start(programs: NonNullable<Browsers['webkit']>): Promise<WebKitSession> {
    const children: ChildProcess[] = [];
    const display = await startDisplay(programs.display, children);
    const port = await freePort();
    children.push(
      spawn(programs.driver, ['-p', String(port)], {
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
    const options = { binary: programs.browser, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const session = (await call('POST', `${driver}/session`, { capabilities })) as { sessionId: string };
    return new WebKitSession(`${driver}/session/${session.sessionId}`, children);
  }

  post(path: string, body: object): Promise<unknown> {
    return call('POST', `${this.#url}/${path}`, body);
  }

  get(path: string): Promise<unknown> {
    return call('GET', `${this.#url}/${path}`);
  }

  delete(path: string): Promise<unknown> {
    return call('DELETE', `${this.#url}/${path}`);
  }

  async close(): Promise<void> {
    await fetch(this.#url, { method: 'DELETE' }).catch(() => undefined);
    // The browser before its display, each one gone before the next.
    for (const child of [...this.#children].reverse()) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.kill()) await gone;
    }
  }
}

/** Xvfb picks a free display by itself and writes its number to descriptor 3. */
async function startDisplay(program: string, children: ChildProcess[]): Promise<string> {
  const child = spawn(program, ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const pipe = child.stdio[3];
  if (pipe === null || pipe === undefined) throw new Error('Xvfb has no pipe to say its display on.');
  const number = await new Promise<string>((resolve, reject) => {
    pipe.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code} before it had a display.`)));
  });
  return `:${number}`;
}

async function call(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body) }),
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
