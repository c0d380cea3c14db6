import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const HELP = `Usage: npm run demo -- [options]

      --journal <dir>   keep the journal there               [a temporary one]
      --server <url>    use an 'onceward mock' that runs     [one of its own]
      --names <a,b>     the orders to pay for                [order-1001, or a new one
                        where the server is an old one and the journal is new]
      --json            end with one line of JSON
  -h, --help
`;

/** What the command line says. Ends the process where it says something else. */
export function readOptions() {
  const fail = (why) => {
    console.error(`demo: ${why}\n\n${HELP}`);
    process.exit(2);
  };
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        journal: { type: 'string' },
        server: { type: 'string' },
        names: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    fail(error.message);
  }
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  // With a new journal nobody remembers an order that the server may know from an earlier demo: paid again, it would be paid twice.
  const fresh = values.server !== undefined && values.journal === undefined;
  const asked = values.names ?? (fresh ? `order-${randomUUID().slice(0, 8)}` : 'order-1001');
  const names = [...new Set(asked.split(',').map((name) => name.trim()))];
  if (names.includes('')) fail('--names is a list like order-1,order-2.');
  if (values.server !== undefined && !URL.canParse(values.server)) fail(`--server is a URL; got '${values.server}'.`);
  if (!existsSync(new URL('../../dist/cli/onceward.js', import.meta.url)))
    fail("there is no build: 'npm run build' makes it.");
  return {
    json: values.json,
    names,
    server: values.server?.replace(/\/+$/, ''),
    journal: values.journal === undefined ? undefined : resolve(values.journal),
  };
}
