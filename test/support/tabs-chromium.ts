import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHROMIUM_ARGS } from './browsers.ts';
import { killBrowser } from './page-browser.ts';
import type { Tab, TabBrowser } from './tabs.ts';

const LONGEST_START = 30_000;
const LONGEST_LOAD = 30_000;

/** What only Chromium's own protocol can do to a tab. */
export interface ChromiumTab extends Tab {
  /** Stops its event loop where it stands, as the browser does to save power; its requests and its locks go on. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** The tab's process. Asked for the first time while no other tab works: that is how it is found. */
  pid(): Promise<number>;
  /** As the Back button: out of the back/forward cache, where the page is in it. */
  back(): Promise<void>;
  /** The tab is gone without a word to its page. */
  crash(): Promise<void>;
}

export interface ChromiumBrowser extends TabBrowser {
  open(url: string): Promise<ChromiumTab>;
}

/** A Chromium of our own: Playwright switches the back/forward cache off. `further` are command line switches. */
export async function launchChromium(program: string, further: readonly string[] = []): Promise<ChromiumBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'onceward-tabs-'));
  const own = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn(program, [...CHROMIUM_ARGS, ...own, ...further, 'about:blank'], { stdio: 'ignore' });
  const cdp = await Cdp.connect(await endpoint(child, profile));
  return {
    async open(url) {
      const { targetId } = await cdp.call<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
      const to = { targetId, flatten: true };
      const { sessionId } = await cdp.call<{ sessionId: string }>('Target.attachToTarget', to);
      const tab = tabOf(cdp, targetId, sessionId);
      await tab.goto(url);
      return tab;
    },
    async close() {
      cdp.close();
      await killBrowser(profile);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function tabOf(cdp: Cdp, targetId: string, session: string): ChromiumTab {
  const call = <T>(method: string, params: object = {}): Promise<T> => cdp.call(method, params, session);
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await call<Evaluated<T>>('Runtime.evaluate', {
      expression,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`In the page: ${JSON.stringify(exceptionDetails)}`);
    return result.value;
  };
  let loads = 0;
  let renderer: number | undefined;
  /** Resolves once another page than the present one is there. */
  const loaded = async (begin: () => Promise<unknown>): Promise<void> => {
    loads += 1;
    await evaluate(`globalThis.left = ${loads}`);
    await begin();
    for (const since = performance.now(); performance.now() - since < LONGEST_LOAD; await sleep(5)) {
      const ready = `globalThis.left !== ${loads} && document.readyState === 'complete'`;
      if (await evaluate<boolean>(ready).catch(() => false)) return;
    }
    throw new Error('The page did not load.');
  };
  return {
    evaluate,
    goto: (url) => loaded(() => call('Page.navigate', { url })),
    reload: () => loaded(() => call('Page.reload')),
    async back() {
      const { currentIndex, entries } = await call<History>('Page.getNavigationHistory');
      const entryId = entries[currentIndex - 1]?.id;
      if (entryId === undefined) throw new Error('There is nothing to go back to.');
      await loaded(() => call('Page.navigateToHistoryEntry', { entryId }));
    },
    freeze: () => call('Page.setWebLifecycleState', { state: 'frozen' }),
    thaw: () => call('Page.setWebLifecycleState', { state: 'active' }),
    pid: async () => (renderer ??= await rendererOf(cdp, evaluate)),
    async crash() {
      // Nobody is left to answer.
      void call('Page.crash').catch(() => undefined);
    },
    async close() {
      await cdp.call('Target.closeTarget', { targetId });
    },
  };
}

/** The process of a tab: no protocol tells it, so the tab is made to work, and it is the one that has worked most meanwhile. */
async function rendererOf(cdp: Cdp, evaluate: <T>(expression: string) => Promise<T>): Promise<number> {
  const renderers = async () => {
    const { processInfo } = await cdp.call<Processes>('SystemInfo.getProcessInfo');
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await renderers();
  await evaluate(`for (const since = performance.now(); performance.now() - since < 300; );`);
  const worked = [...(await renderers())].map(([pid, time]) => ({ pid, by: time - (before.get(pid) ?? 0) }));
  const busiest = worked.toSorted((one, other) => other.by - one.by)[0];
  if (busiest === undefined) throw new Error('No process of a page was found.');
  return busiest.pid;
}

interface Processes {
  readonly processInfo: readonly { readonly type: string; readonly id: number; readonly cpuTime: number }[];
}

interface Evaluated<T> {
  readonly result: { readonly value: T };
  readonly exceptionDetails?: unknown;
}

interface History {
  readonly currentIndex: number;
  readonly entries: readonly { readonly id: number }[];
}

/** Where the browser listens; it writes that into its profile. */
async function endpoint(child: ChildProcess, profile: string): Promise<string> {
  for (const since = performance.now(); performance.now() - since < LONGEST_START; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`Chromium ended with ${child.exitCode} before it listened.`);
    const said = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port, path] = said.trim().split('\n');
    if (port !== undefined && path !== undefined) return `ws://127.0.0.1:${port}${path}`;
  }
  throw new Error('Chromium did not listen in time.');
}

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** The DevTools protocol over its WebSocket. */
class Cdp {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async connect(url: string): Promise<Cdp> {
    const socket = new WebSocket(url);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('error', () => reject(new Error('Chromium does not let us in.')));
    });
    return new Cdp(socket);
  }

  call<T>(method: string, params: object = {}, sessionId?: string): Promise<T> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(result as T);
        else reject(new Error(`${method}: ${error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
