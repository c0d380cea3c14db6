// Serves the checkout page and, on the same origin, the bank it pays with: `node examples/checkout/serve.mjs [--port 4020]`.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { bank } from './server/bank.mjs';
import { faultSwitch } from './server/faults.mjs';
import { page } from './server/page.mjs';

const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

const port = portOf(process.argv.slice(2));
const token = randomUUID();
const faults = faultSwitch();
const servePage = await page();
const serveBank = bank({ faults, token });

const server = createServer((request, response) => {
  const [path] = request.url.split('?');
  // A name that somebody else points at this machine is not ours.
  if (!LOOPBACK.test(request.headers.host ?? '')) return answer(response, 421, { error: 'Open it as 127.0.0.1.' });
  if (path.startsWith('/api/')) return serveBank(request, response);
  if (path === '/demo/session') return answer(response, 200, { token });
  if (path === '/demo/fault') return void moveSwitch(request, response).catch(() => response.destroy());
  if (!servePage(request, response)) answer(response, 404, { error: 'There is no such page.' });
});

// Loopback only: the switch and the session are for whoever sits at this machine.
server.listen(port, '127.0.0.1', () => {
  console.log(`checkout listening on http://127.0.0.1:${server.address().port}`);
});
server.on('error', (error) => {
  console.error(`The checkout cannot be served on port ${port}: ${error.message}. Choose another with --port.`);
  process.exitCode = 1;
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  // At once: a bank that still thinks would keep the process.
  process.once(signal, () => process.exit());
}

function portOf(args) {
  try {
    const { values } = parseArgs({ args, options: { port: { type: 'string', default: '4020' } } });
    if (/^\d{1,5}$/.test(values.port) && Number(values.port) < 65_536) return Number(values.port);
    throw new Error(`--port is a number from 0 (any free one) to 65535; got '${values.port}'.`);
  } catch (error) {
    console.error(`${error.message}\nUsage: node examples/checkout/serve.mjs [--port 4020]`);
    process.exit(2);
  }
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
