import { randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createMock, type Fault } from '../../../../src/mock/index.ts';
import { fileLedger, listen } from '../../../../src/mock/node.ts';

// A mock that dies for good where its plan says so. Says its URL, then takes plans from standard input, one a line.

const { directory, atomic } = JSON.parse(process.argv[2] ?? '') as { directory: string; atomic: boolean };

/** What no second run can repeat. */
const made = (): Response =>
  new Response(randomBytes(256), { status: 201, headers: { 'x-run': randomBytes(8).toString('hex') } });

const mock = createMock({
  ledger: fileLedger(directory),
  atomic,
  onCrash: () => process.kill(process.pid, 'SIGKILL'),
  routes: {
    'POST /victim': made,
    'POST /bystander': async () => {
      await pause(randomInt(8));
      return made();
    },
  },
});
const { url } = await listen(mock);
process.stdout.write(`${url}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  mock.fail(...(JSON.parse(line) as Fault[]));
  process.stdout.write('ready\n');
}
