import { type SmallServer, startServer } from './server.ts';

/** One table of keys for everybody: who guesses a key gets another's answer. */
export function tenantLess(): Promise<SmallServer> {
  return startServer({ tenantLess: true });
}
