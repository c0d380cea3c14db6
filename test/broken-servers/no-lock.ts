import { type SmallServer, startServer } from './server.ts';

/** Looks first, then runs, then writes down: requests that come in between all run. The bug of every middleware that does find, then create. */
export function noLock(): Promise<SmallServer> {
  return startServer({ noLock: true });
}
