import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readLedger } from './ledger.mjs';
import { Process } from './process.mjs';

const PAYMENT = fileURLToPath(new URL('payment.mjs', import.meta.url));
const CLI = fileURLToPath(new URL('../../dist/cli/onceward.js', import.meta.url));

/** How often the ledger is looked at, ms. */
const LOOK = 25;

/** Starts `onceward mock` in a process of its own. It loses its first answer to every order. */
export async function startServer({ names, processes }) {
  const faults = names.flatMap(() => ['--fault', 'lose-response']);
  const server = new Process(CLI, ['mock', '--port', '0', '--json', ...faults]);
  processes.push(server);
  const { url } = await server.until(() => server.of('listening')[0]);
  return { process: server, url };
}

/** Starts the payment process. `hold`: keep the answers from it, for a server that loses none. */
export function startPayment({ journal, server, names, processes, hold }) {
  const payment = new Process(PAYMENT, [JSON.stringify({ journal, server, names, hold })]);
  processes.push(payment);
  return payment;
}

/** Orders whose request has gone out and whose answer this process has not got. */
export function openRequests(payment) {
  const count = (event, order) => payment.of(event).filter((line) => line.order === order).length;
  const sent = new Set(payment.of('sent').map(({ order }) => order));
  return [...sent].filter((order) => count('sent', order) > count('answered', order));
}

/** Waits until the server has charged every order and this process still waits for an answer. False: the process ended by itself, because
 *  another one that shares its journal got the answers. */
export async function untilCommitted(payment, { server, names }) {
  await payment.until(() => payment.of('sent').length > 0 || payment.of('listed').length > 0);
  while (!payment.over) {
    const { charged } = await readLedger(server, names);
    if (names.every((name) => charged.has(name)) && openRequests(payment).length > 0) return true;
    await sleep(LOOK);
  }
  return false;
}
