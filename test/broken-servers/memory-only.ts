import { type SmallServer, startServer } from './server.ts';

/** Keeps its keys in a Map: right until the process ends. */
export function memoryOnly(): Promise<SmallServer> {
  return startServer({ memoryOnly: true });
}
