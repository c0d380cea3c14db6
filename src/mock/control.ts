import { type Answer, jsonAnswer, problemAnswer, withHeaders } from './answer.ts';
import type { Execution, LedgerEntry } from './types.ts';

/** Where the mock shows itself, below its base path. */
export const CONTROL = '/__onceward';

export interface ControlParts {
  ledger(): readonly LedgerEntry[];
  effects(route?: string): readonly Execution[];
  monitor(id: string, url: URL): Answer;
}

/** Answers a request to the mock about itself. `path` is what follows `/__onceward`. */
export function controlAnswer(method: string, path: string, url: URL, parts: ControlParts): Answer {
  const answer = read(path, url, parts);
  if (answer === undefined)
    return problemAnswer(404, 'Not Found', `There is ${CONTROL}/ledger and ${CONTROL}/effects.`);
  if (method !== 'GET' && method !== 'HEAD') {
    return withHeaders(problemAnswer(405, 'Method Not Allowed', 'This can only be read.'), { allow: 'GET, HEAD' });
  }
  return withHeaders(answer, { 'cache-control': 'no-store' });
}

function read(path: string, url: URL, parts: ControlParts): Answer | undefined {
  if (path === '/ledger') return jsonAnswer(200, parts.ledger());
  if (path === '/effects') return jsonAnswer(200, parts.effects(url.searchParams.get('route') ?? undefined));
  const operation = /^\/operations\/([^/]+)$/.exec(path)?.[1];
  return operation === undefined ? undefined : parts.monitor(operation, url);
}
