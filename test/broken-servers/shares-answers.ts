import { type SmallServer, startServer } from './server.ts';

/** Runs every tenant's request, and keeps the answers in a cache by the key alone: a repeat gets what was stored last. */
export function sharesAnswers(): Promise<SmallServer> {
  return startServer({ sharedAnswers: true });
}
