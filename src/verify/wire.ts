import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Answer } from '../core/answer.ts';
import type { Outgoing } from './outgoing.ts';

/** A request of which everything but the last byte has been sent, each on a connection of its own: several of them can be let go in one step, and one
 *  can be left hanging. fetch can do neither. */
export class HeldRequest {
  readonly #request: ClientRequest;
  readonly #last: Uint8Array | undefined;
  readonly #answer: Promise<Answer>;
  /** All but the last byte is on its way, or it failed, which `finish` tells. */
  readonly ready: Promise<void>;
  readonly #flushed = Promise.withResolvers<void>();

  constructor(outgoing: Outgoing, timeout: number) {
    this.#request = opened(outgoing);
    this.#answer = answerTo(this.#request, timeout);
    const { body } = outgoing;
    this.#last = body?.subarray(body.length - 1);
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.#request.once('error', () => {
      ready.resolve();
      this.#flushed.resolve();
    });
    this.#request.once('finish', () => this.#flushed.resolve());
    if (body !== undefined && body.length > 1) {
      this.#request.write(body.subarray(0, body.length - 1), () => ready.resolve());
    } else {
      // Its head is all of it: nothing can be sent before the end.
      this.#request.once('socket', (socket) => {
        socket.once(outgoing.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => ready.resolve());
      });
    }
  }

  /** Sends the rest. */
  finish(): Promise<Answer> {
    this.#request.end(this.#last);
    return this.#answer;
  }

  /** All of it was handed to the system. */
  get flushed(): Promise<void> {
    return this.#flushed.promise;
  }

  /** Hangs up, whatever has been sent. */
  hangUp(): void {
    this.#request.destroy();
  }
}

/** One whole exchange. Whatever goes wrong with it is an answer, too. */
export function exchange(outgoing: Outgoing, timeout: number): Promise<Answer> {
  const request = opened(outgoing);
  const answer = answerTo(request, timeout);
  request.end(outgoing.body);
  return answer;
}

function opened({ method, url, headers }: Outgoing): ClientRequest {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  // As a flat list the headers go out as they are, one that comes twice included.
  return send(url, { method, headers: headers.flat() as readonly string[] as string[], agent: false });
}

function answerTo(request: ClientRequest, timeout: number): Promise<Answer> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ kind: 'failure', code: 'timeout' });
      request.destroy();
    }, timeout);
    const end = (answer: Answer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    const failed = (error: NodeJS.ErrnoException): void =>
      end({ kind: 'failure', code: error.code ?? error.message ?? 'error' });
    request.on('error', failed);
    const closed = (): void => end({ kind: 'failure', code: 'closed' });
    request.on('close', closed);
    request.on('response', (response) => {
      // From here on the response says how it ends.
      request.off('close', closed);
      read(response).then(end, failed);
    });
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  if (!response.complete) return { kind: 'failure', code: 'truncated' };
  const { rawHeaders, statusCode = 0 } = response;
  const headers = rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? ''] as const] : [],
  );
  return { kind: 'response', status: statusCode, headers, body: new Uint8Array(Buffer.concat(chunks)) };
}
