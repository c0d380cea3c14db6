import type { JsonMatch, Match, Rule } from '../../core/profile.ts';

/** Whether whatever the second route matches is matched by the first as well. */
export function routeCovers(first: string, second: string): boolean {
  const [method = '', path = ''] = first.split(' ');
  const [other = '', further = ''] = second.split(' ');
  return (method === '*' || method === other) && partsCover(path.split('/'), further.split('/'));
}

function partsCover([part, ...parts]: readonly string[], [other, ...others]: readonly string[]): boolean {
  if (part === '**') return true;
  if (part === undefined || other === undefined) return part === other;
  return (part === other || (part === '*' && other !== '**')) && partsCover(parts, others);
}

/** Whether no answer reaches this rule: in each of its contexts an earlier one takes all that it matches. Says no where it cannot tell. */
export function isUnreachable(rule: Rule, earlier: readonly Rule[]): boolean {
  const contexts = rule.context === undefined ? (['first', 'later'] as const) : [rule.context];
  return contexts.every((context) =>
    earlier.some((one) => (one.context ?? context) === context && matchCovers(one.when, rule.when)),
  );
}

/** Every condition of the first is one that the second has, too, or is wider. */
function matchCovers(first: Match, second: Match): boolean {
  return (
    statusCovers(first.status, second.status) &&
    headerCovers(first.header, second.header) &&
    [first.json ?? []].flat().every((one) => [second.json ?? []].flat().some((other) => jsonCovers(one, other))) &&
    (first.any === undefined || same(first.any, second.any))
  );
}

const STATUSES: readonly number[] = Array.from({ length: 400 }, (_, at) => at + 200);

function statusCovers(first: Match['status'], second: Match['status']): boolean {
  return STATUSES.every((status) => hasStatus(first, status) || !hasStatus(second, status));
}

function hasStatus(wanted: Match['status'], status: number): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === 'number') return wanted === status;
  return 'from' in wanted ? status >= wanted.from && status <= wanted.to : wanted.includes(status);
}

function headerCovers(first: Match['header'], second: Match['header']): boolean {
  if (first === undefined) return true;
  if (second?.name !== first.name) return false;
  return (first.equals ?? first.includes) === undefined || same(first, second);
}

function jsonCovers(first: JsonMatch, second: JsonMatch): boolean {
  if (first.path !== second.path) return false;
  return (first.equals ?? first.in ?? first.endsIn) === undefined || same(first, second);
}

/** The same data, whatever the order of its members. */
function same(first: unknown, second: unknown): boolean {
  if (typeof first !== 'object' || first === null || typeof second !== 'object' || second === null) {
    return Object.is(first, second);
  }
  const names = Object.keys(first);
  return (
    names.length === Object.keys(second).length &&
    names.every(
      (name) =>
        Object.hasOwn(second, name) &&
        same((first as Record<string, unknown>)[name], (second as Record<string, unknown>)[name]),
    )
  );
}
