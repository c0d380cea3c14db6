import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { captureAnswer, toResponse } from './answer.ts';
import { targetOf } from './arrival.ts';
import { answerIn } from './at-hand.ts';
import { CONTROL } from './control.ts';
import { isLoopback, refusalOf } from './guard.ts';
import { inspectorPage } from './inspector/inspector-page.ts';
import { readWhole, toRequest } from './node-request.ts';
import type { Delivery, Mock } from './types.ts';

export { fileLedger } from './node-ledger.ts';

/** A mock that listens on a port. */
export interface Listening extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** Stops listening and ends every connection, those that are kept silent too. */
  close(): Promise<void>;
}

/** Headers that belong to a connection, not to an answer. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
]);

const MISDIRECTED = 421;

/** Bytes. */
const ONE_WRITE = 16_384;

/** Time for the half body to reach the peer: a reset overtakes what is still on its way. */
const BEFORE_CUT = 20;

/** Proxies give up a connection on which nothing has come for a while, the strictest after half a minute. To an event stream a colon says nothing. */
const HEARTBEAT = { every: 15_000, text: ':\n\n' };

/** Serves a mock through node:http: for `http.createServer` and whatever takes such a listener. Faults are real here: a reset is a TCP RST.
 *  Its control, `/__onceward`, refuses what a foreign page makes a browser send.
 *
 *  @param options.host a name the server goes by, if it is to be controlled by another than those of loopback and the address that was connected to
 *
 *  @example createServer(toListener(mock)).listen(4010)
 */
export function toListener(
  mock: Mock,
  { host }: { host?: string } = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const served: Served = { mock, host };
  return (incoming, outgoing) => {
    readWhole(incoming, (body) => {
      serve(served, { incoming, body }, outgoing).catch((error: unknown) => {
        // A bug in the user's `tenant` or `log`: the client sees a server that failed, the process sees the error.
        if (!outgoing.headersSent) outgoing.writeHead(500).end();
        queueMicrotask(() => {
          throw error;
        });
      });
    });
  };
}

/** Serves a mock on a port of its own.
 *
 *  @param options.port @default 0: a free one
 *  @param options.host beyond loopback a warning says that others can reach it. @default '127.0.0.1'
 *  @throws the error of node:net where it cannot listen: EADDRINUSE, EACCES
 *
 *  @example
 *  const { url, close } = await listen(createMock());
 */
export async function listen(mock: Mock, options: { port?: number; host?: string } = {}): Promise<Listening> {
  const server = createServer(toListener(mock, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { address, family, port } = server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  if (!isLoopback(address)) warnOf(url);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
    return closed;
  };
  return { url, close, [Symbol.asyncDispose]: close };
}

function warnOf(url: string): void {
  process.emitWarning(
    `The mock server listens on ${url}: whoever reaches this machine reads what is sent to it, and controls it. Listen on 127.0.0.1 unless others have to.`,
    { type: 'OncewardWarning', code: 'ONCEWARD_MOCK_EXPOSED' },
  );
}

interface Served {
  readonly mock: Mock;
  /** What it was told to listen on. */
  readonly host: string | undefined;
}

interface ReadRequest {
  readonly incoming: IncomingMessage;
  readonly body: Uint8Array<ArrayBuffer> | 'too-large';
}

async function serve(served: Served, { incoming, body: read }: ReadRequest, outgoing: ServerResponse): Promise<void> {
  if (read === 'too-large') {
    outgoing.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const request = toRequest(incoming, read);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const { mock } = served;
  const delivery = ownAnswer(served, incoming, request) ?? (await mock.handle(request));
  if (delivery.kind === 'silence') return;
  if (delivery.kind === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  if (delivery.kind === 'answer' && delivery.live) {
    await passOn(mock, delivery.response, outgoing);
    return;
  }
  const answer = answerIn(delivery) ?? (await captureAnswer(delivery.response));
  const { body } = answer;
  writeHead(mock, outgoing, answer, body.length);
  if (delivery.kind === 'answer') {
    // As a text of bytes it leaves together with the head, in one write; a large one would be copied for that. The copy of a small one is cheap: to
    // look at the same bytes as a Buffer would give the stored answer an ArrayBuffer of its own for as long as it is kept.
    if (body.length < ONE_WRITE) outgoing.end(Buffer.from(body).toString('latin1'), 'latin1');
    else outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => {
    setTimeout(() => incoming.socket.resetAndDestroy(), BEFORE_CUT);
  });
}

/** Events without an end: until either side hangs up. */
async function passOn(mock: Mock, response: Response, outgoing: ServerResponse): Promise<void> {
  writeHead(mock, outgoing, response);
  outgoing.flushHeaders();
  const beat = setInterval(() => outgoing.write(HEARTBEAT.text), HEARTBEAT.every).unref();
  // To break off in the middle is how it ends.
  if (response.body !== null) await pipeline(Readable.fromWeb(response.body as WebStream), outgoing).catch(() => {});
  clearInterval(beat);
}

/** What is answered before the engine is asked: a request that may not control the mock, and the page at `/__onceward`. The page is only here, so that
 *  a mock in a browser does not carry it. */
function ownAnswer({ mock, host }: Served, incoming: IncomingMessage, request: Request): Delivery | undefined {
  if (!request.url.includes(CONTROL)) return undefined;
  const basePath = mock.baseUrl === undefined ? '' : new URL(mock.baseUrl).pathname.replace(/\/+$/, '');
  const { controlPath } = targetOf(request, basePath);
  // A monitor belongs to the API: pages of other origins ask for it, where `cors` lets them.
  if (controlPath === undefined || controlPath.startsWith('/operations/')) return undefined;
  const { headers, socket } = incoming;
  const hosts = [host, socket.localAddress].filter((name) => name !== undefined);
  const refusal = refusalOf({ host: headers.host, origin: headers.origin }, hosts);
  if (refusal !== undefined) return { kind: 'answer', response: toResponse(refusal) };
  const page = inspectorPage(request.method, controlPath);
  return page && { kind: 'answer', response: page };
}

/** What stands in front of a body, of an answer or of a Response. */
interface Head {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
}

function writeHead(mock: Mock, outgoing: ServerResponse, { status, headers }: Head, length?: number): void {
  const head: string[] = [];
  let declared = `${length}`;
  let dated = false;
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    dated ||= name === 'date';
    // What was declared for HEAD is the length of a body that is not sent.
    if (name === 'content-length' && outgoing.req.method === 'HEAD') declared = value;
    if (!CONNECTION_HEADERS.has(name)) head.push(given, value);
  }
  if (length !== undefined && status !== 204 && status !== 304) head.push('content-length', declared);
  // The mock's own time: clients measure Retry-After dates and clock skew against it.
  if (!dated) head.push('date', httpDate(mock.clock.now()));
  outgoing.sendDate = false;
  // What one connection is not meant for, another one may be.
  if (status === MISDIRECTED) outgoing.shouldKeepAlive = false;
  outgoing.writeHead(status, head);
}

let dated = { second: Number.NaN, text: '' };

/** To write one costs more than all the rest of a head; within a second they are the same. */
function httpDate(at: number): string {
  const second = Math.floor(at / 1000);
  if (second !== dated.second) dated = { second, text: new Date(at).toUTCString() };
  return dated.text;
}
