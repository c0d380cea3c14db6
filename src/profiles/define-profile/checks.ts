import { NOT_DATA } from './plain-copy.ts';

/** What is wrong with a value, each with its path in the data; empty where nothing is. */
export type Check = (value: unknown, path: string) => readonly string[];

/** A member that may be absent. */
export interface Optional {
  readonly optional: Check;
}

/** One check for each member of T: a new fact without one does not compile. */
export type Members<T> = { readonly [Name in keyof T]-?: object extends Pick<T, Name> ? Optional : Check };

export const optional = (check: Check): Optional => ({ optional: check });

/** `what` completes "must be". */
export function wrong(path: string, what: string, value: unknown): string[] {
  return [`${path} must be ${what}; got ${shown(value)}.`];
}

export function oneOf(...values: readonly unknown[]): Check {
  return (value, path) => (values.includes(value) ? [] : wrong(path, values.map(shown).join(' or '), value));
}

export function text(what: string, pattern: RegExp): Check {
  return (value, path) => (typeof value === 'string' && pattern.test(value) ? [] : wrong(path, what, value));
}

export function whole(from: number, to: number, why = ''): Check {
  const what = `a whole number from ${from}${to === Infinity ? ' up' : ` to ${to}`}${why}`;
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= from && (value as number) <= to ? [] : wrong(path, what, value);
}

/** Milliseconds that are more than none. */
export const span: Check = (value, path) =>
  typeof value === 'number' && value > 0 && Number.isFinite(value)
    ? []
    : wrong(path, 'a number of milliseconds above 0', value);

export function list(of: Check, { least = 0 }: { readonly least?: number } = {}): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return wrong(path, 'a list', value);
    if (value.length < least) return [`${path} must not be empty: it would match nothing.`];
    return value.flatMap((member: unknown, at) => of(member, `${path}[${at}]`));
  };
}

/** An object with any names of one kind. */
export function record(names: Check, of: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return wrong(path, 'an object', value);
    return Object.entries(value).flatMap(([name, member]) => {
      const at = `${path}[${JSON.stringify(name)}]`;
      const misnamed = names(name, at);
      return misnamed.length > 0 ? misnamed : of(member, at);
    });
  };
}

/** An object with exactly these members: a misspelt fact would otherwise be no fact, silently. */
export function object<T extends object>(members: Members<T>): Check {
  const known = Object.keys(members);
  return (value, path) => {
    if (!isObject(value)) return wrong(path, 'an object', value);
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
    const stray = Object.keys(value).filter((name) => !known.includes(name));
    return [
      ...stray.map((name) => `${at(shortened(name))} is not known. Known here: ${known.join(', ')}.`),
      ...(Object.entries(members) as [string, Check | Optional][]).flatMap(([name, check]) => {
        const needed = typeof check === 'function';
        if (!Object.hasOwn(value, name)) return needed ? [`${at(name)} is missing.`] : [];
        return (needed ? check : check.optional)(value[name], at(name));
      }),
    ];
  };
}

/** An object whose member `kind` says which check it has to pass. */
export function variants(kinds: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isObject(value)) return wrong(path, 'an object', value);
    const { kind } = value;
    const check = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    return check ? check(value, path) : oneOf(...Object.keys(kinds))(kind, `${path}.kind`);
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A profile is public knowledge, so its values may be shown; only not at any length. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  if (value === NOT_DATA) return 'something that is not data';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function shortened(value: string): string {
  return value.length > 40 ? `${value.slice(0, 40)}...` : value;
}
