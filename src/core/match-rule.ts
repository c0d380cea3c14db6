import { headerOf, jsonOf, type ResponseAnswer } from './answer.ts';
import type { JsonMatch, Match, Meaning, ProfileData } from './profile.ts';

/** The meaning of the first rule of the profile that matches; undefined where none does. */
export function matchRule(
  answer: ResponseAnswer,
  profile: ProfileData,
  context: 'first' | 'later',
): Meaning | undefined {
  const json = jsonOf(answer);
  return profile.rules.find((rule) => (rule.context ?? context) === context && matches(rule.when, answer, json))?.means;
}

export function matches(when: Match, answer: ResponseAnswer, json: unknown): boolean {
  return (
    matchesStatus(when.status, answer.status) &&
    matchesHeader(when.header, answer) &&
    [when.json ?? []].flat().every((wanted) => matchesJson(wanted, json)) &&
    (when.any === undefined || when.any.some((one) => matches(one, answer, json)))
  );
}

function matchesStatus(wanted: Match['status'], status: number): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === 'number') return wanted === status;
  return 'from' in wanted ? status >= wanted.from && status <= wanted.to : wanted.includes(status);
}

function matchesHeader(wanted: Match['header'], answer: ResponseAnswer): boolean {
  if (wanted === undefined) return true;
  const value = headerOf(answer, wanted.name)?.toLowerCase();
  if (value === undefined) return false;
  return (
    (wanted.equals === undefined || value === wanted.equals.toLowerCase()) &&
    (wanted.includes === undefined || value.includes(wanted.includes.toLowerCase()))
  );
}

function matchesJson({ path, equals, in: list, endsIn }: JsonMatch, json: unknown): boolean {
  const found = members(json, path);
  if (found.length === 0) return false;
  return (
    (equals === undefined || found.includes(equals)) &&
    (list === undefined || found.some((value) => (list as readonly unknown[]).includes(value))) &&
    (endsIn === undefined || found.every((value) => endsIn.some((end) => String(value).endsWith(end))))
  );
}

/** Every value at a dotted path; `*` walks an array. */
export function members(value: unknown, path: string): unknown[] {
  return walk(value, path.split('.'));
}

function walk(value: unknown, [name, ...rest]: readonly string[]): unknown[] {
  if (name === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (name === '*') return Array.isArray(value) ? value.flatMap((member) => walk(member, rest)) : [];
  if (Array.isArray(value) && name === 'length') return [];
  return Object.hasOwn(value, name) ? walk((value as Record<string, unknown>)[name], rest) : [];
}
