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
  if (pattern.method !== '*' && pattern.method !== method) return undefined;
  const parts = partsOf(path);
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.parts.entries()) {
    if (expected === '**') return params;
    const part = parts[index];
    if (part === undefined) return undefined;
    if (expected.startsWith(':')) params[expected.slice(1)] = decoded(part);
    else if (expected !== '*' && expected !== part) return undefined;
  }
  return parts.length === pattern.parts.length ? params : undefined;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
