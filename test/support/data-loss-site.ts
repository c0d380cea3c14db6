import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** What the page answers to a call. */
export interface Called {
  readonly status?: number;
  /** Of the error, where there was one. */
  readonly code?: string;
  readonly reason?: string;
}

/** What the page offers to its test. */
export interface DataLossPage {
  /** What Chromium said when the journal's database was made; undefined where it was there. */
  dataLoss: string | undefined;
  call(name: string): Promise<Called>;
  problems(): Promise<readonly string[]>;
  acknowledgeLoss(): Promise<void>;
}

const PROGRAM = `
  import { createClient } from 'onceward';
  import { ietf } from 'onceward/profiles';
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...args) {
    const request = open.apply(this, args);
    request.addEventListener('upgradeneeded', (event) => { shop.dataLoss = event.dataLoss; });
    return request;
  };
  const client = createClient({ baseUrl: location.origin, profile: ietf({ keyLifetime: '24h' }), owner: 'alice', name: 'shop',
    attemptTimeout: new URLSearchParams(location.search).get('timeout') ?? '30s' });
  globalThis.shop = {
    dataLoss: undefined,
    call: (name) => client.post('/charges', { once: name, json: { name } }).then(
      ({ status }) => ({ status }),
      ({ code, reason }) => ({ code, reason }),
    ),
    problems: async () => (await client.ready()).problems.map(({ code }) => code),
    acknowledgeLoss: () => client.operations.acknowledgeLoss(),
  };`;

/** A shop and its bank on one origin. One key is one charge. */
export class DataLossSite {
  /** Requests for a charge: whose, with which key. */
  readonly arrivals: { readonly name: string; readonly key: string }[] = [];
  /** Whose charges are carried out and not answered. */
  readonly unanswered = new Set<string>();
  readonly url: string;
  readonly #server: Server;
  readonly #charges = new Map<string, string>();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<DataLossSite> {
    const { outputFiles } = await build({
      stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
      bundle: true,
      write: false,
      format: 'iife',
      platform: 'browser',
      alias: {
        onceward: new URL('../../src/index.ts', import.meta.url).pathname,
        'onceward/profiles': new URL('../../src/profiles/index.ts', import.meta.url).pathname,
      },
    });
    const html = `<!doctype html><meta charset="utf-8"><title>shop</title><script>${outputFiles[0]?.text.replaceAll('</script', '<\\/script')}</script>`;
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const site = new DataLossSite(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/charges') return void site.#charge(request, response);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    });
    return site;
  }

  /** How often a name was charged. */
  effects(name: string): number {
    return [...this.#charges.values()].filter((one) => one === name).length;
  }

  keysOf(name: string): readonly string[] {
    return this.arrivals.filter((arrival) => arrival.name === name).map(({ key }) => key);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #charge(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { name } = JSON.parse(text) as { name: string };
    const key = String(request.headers['idempotency-key']);
    this.#charges.set(key, name);
    this.arrivals.push({ name, key });
    if (this.unanswered.has(name)) return;
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ charge: key }));
  }
}
