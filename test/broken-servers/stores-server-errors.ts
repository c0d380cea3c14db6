import { type SmallServer, startServer } from './server.ts';

/** Keeps every answer under its key, its own failures too: whoever repeats after a 500 gets that 500 until the key is forgotten. */
export function storesServerErrors(): Promise<SmallServer> {
  return startServer({ storesServerErrors: true });
}
