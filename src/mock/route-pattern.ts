import { UsageError } from '../core/errors/usage-error.ts';

/** `'POST /charges/:id'`, taken apart. */
export interface RoutePattern {
  readonly text: string;
  readonly method: string;
  readonly parts: readonly string[];
}

/** Reads a route: a method or `*`, a space, a path. In the path `:name` and `*` stand for one part, `**` at the end for any rest.
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION */
export function routePattern(text: string): RoutePattern {
  const match = /^(\*|[A-Za-z]+) (\/\S*)$/.exec(text);
  if (match === null) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      `A route is a method, a space and a path, such as 'POST /charges/:id'; got ${JSON.stringify(text)}.`,
    );
  }
  return { text, method: (match[1] ?? '').toUpperCase(), parts: partsOf(match[2] ?? '') };
}

/** The `:name` parts where the route matches, decoded; undefined where it does not. */
export function matchRoute(pattern: RoutePattern, method: string, path: string): Record<string, string> | undefined {
  return matchParts(pattern, method, partsOf(path));
}

/** The same for a path that is taken apart already: a table of many routes does that once.
 *
 *  @param parts of the path, by `partsOf` */
export function matchParts(
  pattern: RoutePattern,
  method: string,
  parts: readonly string[],
): Record<string, string> | undefined {
  return fits(pattern, method, parts) ? paramsOf(pattern, parts) : undefined;
}

function fits({ method: wanted, parts: expected }: RoutePattern, method: string, parts: readonly string[]): boolean {
  if (wanted !== '*' && wanted !== method) return false;
  for (let index = 0; index < expected.length; index += 1) {
    const part = expected[index];
    if (part === '**') return true;
    if (index >= parts.length) return false;
    if (part !== parts[index] && part !== '*' && !part?.startsWith(':')) return false;
  }
  return parts.length === expected.length;
}

/** Whether a part of a pattern stands for others than itself. */
export function isVariable(part: string): boolean {
  return part === '**' || part === '*' || part.startsWith(':');
}

function paramsOf({ parts: expected }: RoutePattern, parts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  let index = 0;
  for (const part of expected) {
    if (part === '**') break;
    if (part.startsWith(':')) params[part.slice(1)] = decoded(parts[index] ?? '');
    index += 1;
  }
  return params;
}

export function partsOf(path: string): string[] {
  const parts = path.split('/');
  // As nearly every path is written: one slash in front, and none beside another.
  if (parts[0] === '' && parts.indexOf('', 1) === -1) return parts.slice(1);
  return parts.filter((part) => part !== '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
