import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that runs every request it gets, whatever its key, and says so. */
export async function carelessServer(): Promise<{ readonly url: string; charges(): number; close(): Promise<void> }> {
  const charges: { readonly key: string; readonly body: unknown }[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/__onceward/effects') return void answer(200, charges);
    if (request.url === '/__onceward/ledger') return void answer(200, ledgerOf(charges));
    void read(request).then((body) => {
      charges.push({ key: String(request.headers['idempotency-key']), body });
      answer(201, { id: charges.length });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    charges: () => charges.length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function ledgerOf(charges: readonly { readonly key: string }[]): readonly object[] {
  return [...new Set(charges.map(({ key }) => key))].map((key) => {
    const hits = charges.filter((charge) => charge.key === key).length;
    return { key, hits, effects: hits, status: 201 };
  });
}

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}
