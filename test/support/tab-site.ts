import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** One request for a charge, as the server saw it. */
export interface Arrival {
  readonly name: string;
  readonly key: string;
  readonly tab: string;
  readonly start: number;
  /** When it was answered, or its connection was lost; undefined while neither has happened. */
  end: number | undefined;
}

let program: Promise<string> | undefined;

/** The page is built once, from the sources. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL('tab-program.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
  });
  return outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
}

/** A shop and its bank on one origin, with a log of who asked for what and when. Each is another origin, with storage of its own. */
export class TabSite {
  readonly arrivals: Arrival[] = [];
  /** How long a charge takes, ms. */
  takes = 0;
  readonly port: number;
  readonly #server: Server;
  readonly #charges = new Map<string, Promise<string>>();
  readonly #effects: string[] = [];
  #held: PromiseWithResolvers<void> | undefined;
  readonly #standing = Promise.withResolvers<() => void>();
  readonly #refusals = new Map<string, readonly [status: number, headers: Readonly<Record<string, string>>]>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(): Promise<TabSite> {
    const script = await (program ??= bundle());
    const html = `<!doctype html><meta charset="utf-8"><title>shop</title><script>${script}</script>`;
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const site = new TabSite(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://site');
      const name = /^\/api\/charges\/(.+)$/.exec(pathname)?.[1];
      if (pathname === '/standing') {
        response.setHeader('access-control-allow-origin', '*');
        return site.#standing.resolve(() => response.end());
      }
      if (name !== undefined) return void site.#charge(decodeURIComponent(name), request, response);
      // An empty page, for tabs that go elsewhere.
      const page = searchParams.has('tab') ? html : '<!doctype html><title>elsewhere</title>';
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    });
    return site;
  }

  /** The address of a tab named `tab`. */
  url(tab: string, options: Readonly<Record<string, string>> = {}, host = 'localhost'): string {
    return `http://${host}:${this.port}/?${new URLSearchParams({ tab, ...options })}`;
  }

  get elsewhere(): string {
    return `http://localhost:${this.port}/elsewhere`;
  }

  /** Charges are not answered, from now until the returned function is called. */
  hold(): () => void {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return () => {
      this.#held = undefined;
      held.resolve();
    };
  }

  /** Resolves when a tab stands still (`tab.standStill()`), with what lets it go on. */
  standing(): Promise<() => void> {
    return this.#standing.promise;
  }

  /** The next request for this name is not carried out, and answered so. */
  refuse(name: string, status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.#refusals.set(name, [status, headers]);
  }

  /** How often a name was charged. */
  effects(name: string): number {
    return this.#effects.filter((one) => one === name).length;
  }

  of(name: string): readonly Arrival[] {
    return this.arrivals.filter((arrival) => arrival.name === name);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  async #charge(name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const header = (field: string): string => String(request.headers[field]);
    const arrival: Arrival = {
      name,
      key: header('idempotency-key'),
      tab: header('x-tab'),
      start: performance.now(),
      end: undefined,
    };
    this.arrivals.push(arrival);
    response.once('close', () => {
      arrival.end = performance.now();
    });
    const refusal = this.#refusals.get(name);
    this.#refusals.delete(name);
    if (refusal !== undefined) return void response.writeHead(...refusal).end();
    // One key is one charge, whoever asks and how often.
    const charge = this.#charges.get(arrival.key) ?? this.#work(name);
    this.#charges.set(arrival.key, charge);
    const body = await charge;
    response.writeHead(201, { 'content-type': 'application/json' }).end(body);
  }

  async #work(name: string): Promise<string> {
    this.#effects.push(name);
    if (this.takes > 0) await new Promise((resolve) => setTimeout(resolve, this.takes));
    await this.#held?.promise;
    return JSON.stringify({ charge: name, number: this.#effects.length });
  }
}
