import type { Kernel } from './kernel.ts';
import { type Life, never } from './life.ts';
import type { RequestFault } from './plan.ts';
import type { Seeded } from './seeded.ts';
import type { Server } from './server.ts';
import { broken, jsonAnswer, readRequest, toResponse, type WireAnswer, type WireRequest } from './wire.ts';

/** What the network needs of its world. */
export interface NetworkWorld {
  readonly kernel: Kernel;
  readonly server: Server;
  readonly draw: Seeded;
  readonly keyHeader: string;
  /** A border that may be the last: false, and the process has ended there. */
  cross(life: Life, label: string): boolean;
  /** What strikes the next request. */
  strike(): RequestFault | undefined;
  reach(what: string): void;
  /** Before anything else: the request is about to leave. */
  leaves(life: Life, request: Request): void;
  /** It has left, with these bytes. */
  left(life: Life, request: WireRequest): void;
  /** The client has an answer, or will get none. */
  ended(life: Life, request: WireRequest): void;
  arrives(life: Life, request: WireRequest, answer: WireAnswer, fault: string | undefined): void;
}

const SLOWEST_MS = 60;

/** Milliseconds after which a connection on which nothing comes is given up by nobody but the client. */
const TELLS_RESET: ReadonlySet<string> = new Set(['refuse', 'reset-after', 'zombie']);

/** What lies between a client and its server, as `fetch`. */
export function networkFetch(life: Life, world: NetworkWorld): typeof globalThis.fetch {
  return async (input, init) => {
    if (life.dead) return never();
    const request = input instanceof Request && init === undefined ? input : new Request(input, init);
    world.leaves(life, request);
    const { signal } = request;
    const wire = await readRequest(request, world.keyHeader);
    if (signal.aborted) throw signal.reason;
    if (life.dead || !world.cross(life, 'send:asked')) return never();
    world.left(life, wire);
    const answer = await new Exchange(life, world, wire).carried(signal);
    if (life.dead || !world.cross(life, 'answer:read')) return never();
    return answer;
  };
}

/** One request on its way, and what comes back. */
class Exchange {
  readonly #life: Life;
  readonly #world: NetworkWorld;
  readonly #wire: WireRequest;
  readonly #sentAt: number;
  readonly #fault: RequestFault | undefined;

  constructor(life: Life, world: NetworkWorld, wire: WireRequest) {
    this.#life = life;
    this.#world = world;
    this.#wire = wire;
    this.#sentAt = world.kernel.now;
    this.#fault = world.strike();
    if (this.#fault !== undefined) world.reach(`fault: ${labelOf(this.#fault)}`);
  }

  carried(signal: AbortSignal): Promise<Response> {
    const { kernel } = this.#world;
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#world.ended(this.#life, this.#wire);
        end();
      };
      signal.addEventListener('abort', () => settle(() => reject(signal.reason)), { once: true });
      const told = (answer: WireAnswer | undefined): void => {
        const fault = this.#fault;
        if (fault?.fault === 'lose-response') return;
        const late = fault?.fault === 'delay-response' ? fault.ms : 0;
        kernel.after(this.#latency() + late, this.#life, () => {
          if (signal.aborted) return this.#world.reach('network: an answer after its time');
          if (answer === undefined || fault?.fault === 'reset-after') return settle(() => reject(broken('ECONNRESET')));
          const cut = fault?.fault === 'truncate';
          this.#world.arrives(this.#life, this.#wire, answer, fault && labelOf(fault));
          settle(() => resolve(toResponse(answer, cut)));
        });
      };
      const reset = (): void => {
        kernel.after(this.#latency(), this.#life, () => settle(() => reject(broken('ECONNRESET'))));
      };
      this.#send(told, reset);
    });
  }

  #send(told: (answer: WireAnswer | undefined) => void, reset: () => void): void {
    const fault = this.#fault;
    const deaf = (): void => {};
    if (fault !== undefined && TELLS_RESET.has(fault.fault) && fault.fault !== 'reset-after') reset();
    switch (fault?.fault) {
      case 'refuse':
      case 'lose-request':
        return;
      case 'zombie':
        return this.#deliver(deaf, fault.ms);
      case 'delay-request':
        return this.#deliver(told, fault.ms);
      case 'duplicate':
        this.#deliver(deaf, 0);
        return this.#deliver(told, 0);
      case 'duplicate-later':
        this.#deliver(deaf, fault.ms);
        return this.#deliver(told, 0);
      case 'status':
        return told(
          jsonAnswer(
            fault.status,
            { from: 'a proxy' },
            fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
          ),
        );
      case 'misdirected':
        return told(jsonAnswer(421, { from: 'a proxy' }));
      case 'foreign-key':
        return told(
          jsonAnswer(422, { title: 'Idempotency-Key is already used' }, { 'content-type': 'application/problem+json' }),
        );
      case 'redirect': {
        const location =
          fault.status === 301
            ? 'https://elsewhere.example/charges'
            : `/operations/${encodeURIComponent(this.#wire.key ?? '')}`;
        return told(jsonAnswer(fault.status, { from: 'a proxy' }, { location }));
      }
      case 'html':
        return told({ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Sign in to the network' });
      case 'status-after':
        return this.#deliver((answer) => told(answer && jsonAnswer(fault.status, { from: 'a proxy' })), 0);
      default:
        return this.#deliver(told, 0);
    }
  }

  /** A copy comes to the server, whatever has become of its sender. */
  #deliver(answer: (answer: WireAnswer | undefined) => void, late: number): void {
    const { kernel, server } = this.#world;
    const fault = this.#fault;
    const crash = fault?.fault === 'server-crash' ? fault : undefined;
    kernel.after(this.#latency() + late, undefined, () =>
      server.receive({ request: this.#wire, sentAt: this.#sentAt, answer, crash }),
    );
  }

  #latency(): number {
    return this.#world.draw.whole(1, SLOWEST_MS);
  }
}

export function labelOf(fault: RequestFault): string {
  switch (fault.fault) {
    case 'status':
    case 'redirect':
    case 'status-after':
      return `${fault.fault}:${fault.status}`;
    case 'server-crash':
      return `server-crash:${fault.point}`;
    default:
      return fault.fault;
  }
}
