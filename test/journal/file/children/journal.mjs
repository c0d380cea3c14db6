// A process with a file journal that does what it is told: one JSON command a line on stdin, one JSON answer a line on stdout.
// It imports the sources where this Node strips types (22.18), and the built package where it does not.
import { chmodSync } from 'node:fs';
import { createInterface } from 'node:readline';

const source = process.features.typescript ? '../../../../src/node.ts' : '../../../../dist/node.js';
const { fileJournal } = await import(source);

const user = Number(process.env.RUN_AS ?? 0);
if (user !== 0 && process.getuid() === 0) {
  // Only now: what it imported may be readable by root alone.
  process.setgroups([]);
  process.setgid(user);
  process.setuid(user);
}

let journal = fileJournal(process.argv[2]);

const commands = {
  async claim({ record }) {
    const claimed = await journal.claim(record);
    return { created: claimed.created, write: claimed.record.write };
  },
  /** All at once. */
  async claimAll({ records }) {
    const claims = await Promise.allSettled(records.map((record) => journal.claim(record)));
    return claims.map(({ status, value, reason }) =>
      status === 'fulfilled' ? { created: value.created, write: value.record.write } : plain(reason),
    );
  },
  /** Claims names without end, until it is killed; what was answered is printed at once. */
  async storm({ record, padding, callers }) {
    const meta = 'x'.repeat(padding);
    let made = 0;
    const caller = async () => {
      for (;;) {
        const id = `${record.fixed.id}-${++made}`;
        const identity = `${record.identity}-${made}`;
        const offered = { ...record, identity, write: `${record.write}-${made}`, fixed: { ...record.fixed, id, meta } };
        const claimed = await journal.claim(offered);
        print({ acknowledged: identity, write: claimed.record.write });
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
  },
  list: async ({ prefix }) => (await journal.list(prefix)).records.map(({ identity, write }) => ({ identity, write })),
  umask: async ({ mask }) => process.umask(mask),
  chdir: async ({ directory }) => process.chdir(directory),
  chmod: async ({ path, mode }) => chmodSync(path, mode),
  use: async ({ directory }) => {
    journal = fileJournal(directory);
  },
  async watch() {
    journal.watch(() => {});
    await journal.open();
  },
  open: () => journal.open(),
  close: () => journal.close(),
};

function plain({ name, code, reason, effect, message, cause }) {
  return { error: { name, code, reason, effect, message, cause: cause?.code } };
}

function print(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...options } = JSON.parse(line);
  try {
    print({ answer: (await commands[name](options)) ?? null });
  } catch (error) {
    print(plain(error));
  }
}
