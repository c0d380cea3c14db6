// An application that keeps a journal: it charges the names it is given, and does as it is told by one JSON command a line on stdin.
// Its server answers nothing until it is told to.
import { createInterface } from 'node:readline';

const source = process.features.typescript ? '../../src' : '../../dist';
const suffix = process.features.typescript ? 'ts' : 'js';
const { createClient } = await import(`${source}/index.node.${suffix}`);
const { fileJournal } = await import(`${source}/node.${suffix}`);
const { ietf } = await import(`${source}/profiles/index.${suffix}`);

let sends = 0;
let answer = () => {};
const answered = new Promise((resolve) => {
  answer = resolve;
});
const client = createClient({
  baseUrl: 'https://pay.example/',
  name: 'shop',
  owner: 'alice',
  profile: ietf({ keyLifetime: '24h' }),
  journal: fileJournal(process.argv[2]),
  fetch: async () => {
    sends += 1;
    print({ sent: sends });
    await answered;
    return Response.json({ charged: true }, { status: 201 });
  },
});

const commands = {
  async charge({ once }) {
    const { status, effect } = await client.post('charges', { once, json: { amount: 1 } }).outcome();
    print({ outcome: { status, effect, sends } });
  },
  answer: () => answer(),
  async close() {
    await client.close();
    process.exit();
  },
};

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...options } = JSON.parse(line);
  void commands[name](options);
}
