import { type SmallServer, startServer } from './server.ts';

/** Its column takes 200 characters, and its database cuts what is longer without a word. */
export function truncatesKeys(): Promise<SmallServer> {
  return startServer({ keyColumn: 200 });
}
