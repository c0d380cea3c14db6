import type { IncomingMessage } from 'node:http';
import { type HeaderValues, requestAtHand } from './at-hand.ts';

/** Enough for every test of a client that sends at most 1 MiB. */
const LARGEST_BODY = 10 * 1024 * 1024;

/** Reads the body of a request to its end. Of one that breaks off nothing is heard: it never came in. */
export function readWhole(
  incoming: IncomingMessage,
  read: (body: Uint8Array<ArrayBuffer> | 'too-large') => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  incoming.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // Read on and drop: a client that is still writing would see a broken pipe instead of the 413.
    if (length > LARGEST_BODY) chunks.length = 0;
    else chunks.push(chunk);
  });
  incoming.on('end', () => read(length > LARGEST_BODY ? 'too-large' : wholeOf(chunks)));
  incoming.on('error', ignored);
}

/** Without a listener an upload that breaks off would be an uncaught error. */
function ignored(): void {}

/** A copy in any case: a chunk is a piece of a buffer that is as large as a read. */
function wholeOf(chunks: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const [first] = chunks;
  return new Uint8Array(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
}

/** Methods that a Request refuses. */
const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** undefined where it is not a request that a Request can say: CONNECT, TRACE, a broken Host or target. */
export function toRequest(incoming: IncomingMessage, body: Uint8Array<ArrayBuffer>): Request | undefined {
  const { method = 'GET', url: target = '/', rawHeaders } = incoming;
  if (FORBIDDEN.has(method)) return undefined;
  const host = incoming.headers.host ?? `${incoming.socket.localAddress}:${incoming.socket.localPort}`;
  const url = urlOf(target, host);
  // A Request refuses them.
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  return requestAtHand({
    method,
    url,
    headers: new RawHeaders(rawHeaders),
    body,
    make() {
      const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
      return new Request(url, { method, headers: pairsOf(rawHeaders), body: bodiless ? null : body });
    },
  });
}

let known = { host: '', origin: '' };

function urlOf(target: string, host: string): URL | undefined {
  try {
    if (!target.startsWith('/')) return new URL(target);
    // Whoever sends thousands of requests sends them all to one host.
    if (known.host !== host) known = { host, origin: new URL(`http://${host}`).origin };
    return new URL(`${known.origin}${target}`);
  } catch {
    return undefined;
  }
}

/** Looks up what a Headers would say, without making one: a server asks for five of them. */
class RawHeaders implements HeaderValues {
  /** Names and values, in turn. */
  readonly #raw: readonly string[];

  constructor(raw: readonly string[]) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    const wanted = name.toLowerCase();
    let found: string | null = null;
    for (let index = 0; index + 1 < this.#raw.length; index += 2) {
      const given = this.#raw[index] ?? '';
      if (given.length !== wanted.length || given.toLowerCase() !== wanted) continue;
      const value = this.#raw[index + 1] ?? '';
      found = found === null ? value : `${found}, ${value}`;
    }
    return found;
  }
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return pairs;
}
