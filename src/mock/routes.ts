import { jsonAnswer, toResponse } from './answer.ts';
import { matchParts, partsOf, routePattern } from './route-pattern.ts';
import type { RouteHandler } from './types.ts';

/** A handler found for a request. */
export interface FoundRoute {
  readonly route: string;
  readonly handler: RouteHandler;
  readonly params: Record<string, string>;
}

export type FindRoute = (method: string, path: string) => FoundRoute | undefined;

/** Methods that have no effect by definition. */
export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The user's routes in the order given; without any, everything that can have an effect is created.
 *
 *  @param made how many things have been, in an earlier life: no id is given twice */
export function routeTable(routes: Readonly<Record<string, RouteHandler>> | undefined, made: number): FindRoute {
  if (routes === undefined) return defaultRoutes(made);
  const table = Object.entries(routes).map(([route, handler]) => ({ route, handler, pattern: routePattern(route) }));
  const find = (method: string, parts: readonly string[]): FoundRoute | undefined => {
    for (const { route, handler, pattern } of table) {
      const params = matchParts(pattern, method, parts);
      if (params !== undefined) return { route, handler, params };
    }
    return method === 'HEAD' ? find('GET', parts) : undefined;
  };
  return (method, path) => find(method, partsOf(path));
}

function defaultRoutes(before: number): FindRoute {
  let made = before;
  const create: RouteHandler = () => {
    made += 1;
    return toResponse(jsonAnswer(201, { id: `mock_${made}` }));
  };
  return (method, path) =>
    SAFE_METHODS.has(method) ? undefined : { route: `${method} ${path}`, handler: create, params: {} };
}
