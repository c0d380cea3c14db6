import { createClient } from '../../src/index.node.ts';
import { fileJournal } from '../../src/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { told } from './client-world.ts';

/** A program of its own: charges once with a file journal in `directory`, as a user whom permissions stop, and prints what it was told. */
const [directory = '', baseUrl = '', user = ''] = process.argv.slice(2);
// Only now: that user need not be able to read this program.
if (user !== '') process.seteuid?.(Number(user));
const client = createClient({ baseUrl, profile: ietf({ keyLifetime: '24h' }), journal: fileJournal(directory) });
console.log(await told(client.post('/charges', { once: 'cart/1', json: { amount: 1 } })));
await client.close();
