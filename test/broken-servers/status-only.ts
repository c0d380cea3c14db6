import { type SmallServer, startServer } from './server.ts';

/** Keeps the status, and answers a repeat with it and nothing else. */
export function statusOnly(): Promise<SmallServer> {
  return startServer({ statusOnly: true });
}
