// Serves the checkout page and, on the same origin, the bank it pays with: `node examples/checkout/serve.mjs [--port 4020]`.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { bank } from './server/bank.mjs';
import { faultSwitch } from './server/faults.mjs';
import { page } from './server/page.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '4020' } } });

const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

const token = randomUUID();
const faults = faultSwitch();
const servePage = await page();
const serveBank = bank({ faults, token });

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  // A name that somebody else points at this machine is not ours.
  if (!LOOPBACK.test(request.headers.host ?? '')) return answer(response, 421, { error: 'Open it as 127.0.0.1.' });
  if (pathname.startsWith('/api/')) return serveBank(request, response);
  if (pathname === '/demo/session') return answer(response, 200, { token });
  if (pathname === '/demo/fault') return void moveSwitch(request, response).catch(() => response.destroy());
  if (!servePage(request, response)) answer(response, 404, { error: 'There is no such page.' });
});

// Loopback only: the switch and the session are for whoever sits at this machine.
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`checkout listening on http://127.0.0.1:${server.address().port}`);
});
server.on('error', (error) => {
  console.error(`The checkout cannot be served on port ${values.port}: ${error.message}. Choose another with --port.`);
  process.exitCode = 1;
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    // A bank that still thinks would keep the process.
    process.exit();
  });
}

async function moveSwitch(request, response) {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request) text += chunk;
    // Another origin cannot send this type without asking first, and it is not allowed to.
    const json = request.headers['content-type'] === 'application/json' ? parsed(text) : undefined;
    if (!faults.choose(json?.fault)) return answer(response, 400, { error: 'There is no such fault.' });
  }
  answer(response, 200, faults.state());
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answer(response, status, json) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(json));
}
