import { jsonAnswer, toResponse } from './answer.ts';
import { isVariable, matchParts, partsOf, type RoutePattern, routePattern } from './route-pattern.ts';
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
  // Routes without a variable part are looked up, so that a large table costs no more than a small one.
  const fixed = new Map<string, Row>();
  const open: Row[] = [];
  for (const [order, [route, handler]] of Object.entries(routes).entries()) {
    const pattern = routePattern(route);
    const row: Row = { route, handler, pattern, order };
    const name = nameOf(pattern.method, pattern.parts);
    if (pattern.parts.some(isVariable)) open.push(row);
    else if (!fixed.has(name)) fixed.set(name, row);
  }
  const find = (method: string, parts: readonly string[]): FoundRoute | undefined => {
    const row = earlier(fixed.get(nameOf(method, parts)), fixed.get(nameOf('*', parts)));
    for (const { route, handler, pattern, order } of open) {
      if (row !== undefined && row.order < order) break;
      const params = matchParts(pattern, method, parts);
      if (params !== undefined) return { route, handler, params };
    }
    if (row !== undefined) return { route: row.route, handler: row.handler, params: {} };
    return method === 'HEAD' ? find('GET', parts) : undefined;
  };
  return (method, path) => find(method, partsOf(path));
}

interface Row {
  readonly route: string;
  readonly handler: RouteHandler;
  readonly pattern: RoutePattern;
  /** Its place among the routes: the first one that matches takes the request. */
  readonly order: number;
}

function nameOf(method: string, parts: readonly string[]): string {
  return `${method} ${parts.join('/')}`;
}

function earlier(one: Row | undefined, other: Row | undefined): Row | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.order < other.order ? one : other;
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
