import { type SmallServer, startServer } from './server.ts';

/** Its key is no unique index: it selects, and inserts what it did not find. Requests that come in the same moment all find nothing. */
export function looksThenInserts(): Promise<SmallServer> {
  return startServer({ looksThenInserts: true });
}
