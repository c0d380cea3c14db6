import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What the tests read of the mock's ledger. */
export interface Entry {
  readonly key: string;
  readonly state: string;
  readonly hits: number;
  readonly effects: number;
}

const SERVE = fileURLToPath(new URL('../../examples/checkout/serve.mjs', import.meta.url));
const LOOK_EVERY = 10;
const LOOK_FOR = 30_000;

/** The checkout example as its users start it: a process of its own, on a free port. Every server is another origin, with storage of its own. */
export class CheckoutServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @throws Error with what the process said where it does not start */
  static async start(): Promise<CheckoutServer> {
    const child = spawn(process.execPath, [SERVE, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/\S+/.exec(line)?.[0];
      if (url !== undefined) return new CheckoutServer(child, url);
    }
    throw new Error(`The checkout server ended before it listened: ${said}`);
  }

  async fault(name: string): Promise<void> {
    const response = await fetch(`${this.url}/demo/fault`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fault: name }),
    });
    if (!response.ok) throw new Error(`The server has no fault '${name}'.`);
  }

  /** The session that `authorize` sends: what may be stored nowhere. */
  async session(): Promise<string> {
    const { token } = (await this.#read('/demo/session')) as { token: string };
    return token;
  }

  async ledger(): Promise<readonly Entry[]> {
    return (await this.#read('/api/__onceward/ledger')) as readonly Entry[];
  }

  /** Counted by the server: keys it has seen, requests with a key, runs of the payment handler. */
  async counts(): Promise<{ keys: number; requests: number; effects: number }> {
    const ledger = await this.ledger();
    const effects = (await this.#read('/api/__onceward/effects')) as readonly unknown[];
    return {
      keys: ledger.length,
      requests: ledger.reduce((sum, { hits }) => sum + hits, 0),
      effects: effects.length,
    };
  }

  /** Resolves once so many requests have come in. */
  async requests(count: number): Promise<void> {
    for (const since = performance.now(); performance.now() - since < LOOK_FOR; await sleep(LOOK_EVERY)) {
      if ((await this.counts()).requests >= count) return;
    }
    throw new Error(`${count} requests did not come in within ${LOOK_FOR} ms; ${JSON.stringify(await this.counts())}.`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #read(path: string): Promise<unknown> {
    const response = await fetch(this.url + path);
    return response.json();
  }
}
