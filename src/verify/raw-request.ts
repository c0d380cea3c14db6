import { connect } from 'node:net';
import { connect as connectSafely } from 'node:tls';
import type { Answer } from '../core/answer.ts';
import type { Outgoing } from './outgoing.ts';

/** Sends what node:http refuses to send: control characters in a header. Of the answer only the status is read. */
export function rawExchange({ method, url, headers, body }: Outgoing, timeout: number): Promise<Answer> {
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const safe = url.protocol === 'https:';
  const port = Number(url.port) || (safe ? 443 : 80);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = safe ? connectSafely({ host, port, servername: host }) : connect({ host, port });
    const chunks: Buffer[] = [];
    const end = (code: string): void => {
      socket.destroy();
      const status = /^HTTP\/1\.\d (\d{3})/.exec(Buffer.concat(chunks).toString('latin1'))?.[1];
      resolve(
        status === undefined
          ? { kind: 'failure', code }
          : { kind: 'response', status: Number(status), headers: [], body: new Uint8Array() },
      );
    };
    socket.setTimeout(timeout, () => end('timeout'));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
    socket.on('close', () => end('closed'));
    socket.write(`${head.join('\r\n')}\r\n\r\n`, 'latin1');
    if (body !== undefined) socket.write(body);
  });
}
