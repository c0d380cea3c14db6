import type { IncomingMessage } from 'node:http';
import { requestAtHand } from './at-hand.ts';

/** Enough for every test of a client that sends at most 1 MiB. */
const LARGEST_BODY = 10 * 1024 * 1024;

/** The body of a request, read to its end. */
export function readWhole(incoming: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | 'aborted' | 'too-large'> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      // Read on and drop: a client that is still writing would see a broken pipe instead of the 413.
      if (length > LARGEST_BODY) chunks.length = 0;
      else chunks.push(chunk);
    });
    incoming.once('end', () => resolve(length > LARGEST_BODY ? 'too-large' : new Uint8Array(Buffer.concat(chunks))));
    // After 'end' these come too late to matter.
    incoming.once('error', () => resolve('aborted'));
    incoming.once('close', () => resolve('aborted'));
  });
}

/** Methods that a Request refuses. */
const FORBIDDEN: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** undefined where it is not a request that a Request can say: CONNECT, TRACE, a broken Host or target. */
export function toRequest(incoming: IncomingMessage, body: Uint8Array<ArrayBuffer>): Request | undefined {
  const { method = 'GET', url: target = '/', rawHeaders } = incoming;
  if (FORBIDDEN.has(method)) return undefined;
  try {
    const headers = new Headers();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
    }
    const host = `http://${incoming.headers.host ?? `${incoming.socket.localAddress}:${incoming.socket.localPort}`}`;
    const url = new URL(target.startsWith('/') ? `${new URL(host).origin}${target}` : target);
    // A Request refuses them.
    if (url.username !== '' || url.password !== '') return undefined;
    const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
    let made: Request | undefined;
    const whole = (): Request => (made ??= new Request(url, { method, headers, body: bodiless ? null : body }));
    return requestAtHand({ method, url: url.href, headers, body, whole });
  } catch {
    return undefined;
  }
}
