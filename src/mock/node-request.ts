import type { IncomingMessage } from 'node:http';
import { withBodyAtHand } from './at-hand.ts';

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

/** undefined where it is not a request that a Request can say: CONNECT, TRACE, a broken Host or target. */
export function toRequest(incoming: IncomingMessage, body: Uint8Array<ArrayBuffer>): Request | undefined {
  const { method = 'GET', url: target = '/', rawHeaders } = incoming;
  try {
    const headers = new Headers();
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
    }
    const host = `http://${incoming.headers.host ?? `${incoming.socket.localAddress}:${incoming.socket.localPort}`}`;
    const url = target.startsWith('/') ? `${new URL(host).origin}${target}` : target;
    const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
    return withBodyAtHand(new Request(url, { method, headers, body: bodiless ? null : body }), body);
  } catch {
    return undefined;
  }
}
