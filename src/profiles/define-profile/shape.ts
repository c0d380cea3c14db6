import type {
  ExampleAnswer,
  JsonMatch,
  Lifetime,
  Match,
  ProfileData,
  Recovery,
  RouteRule,
  Rule,
} from '../../core/profile.ts';
import type { InDoubtReason } from '../../core/types.ts';
import {
  type Check,
  isObject,
  list,
  object,
  oneOf,
  optional,
  record,
  span,
  text,
  variants,
  whole,
  wrong,
} from './checks.ts';

// Functions throughout: whoever imports a profile and not defineProfile gets none of this into the bundle.

/** Each fact by itself: its type, its form, whether it is there. */
export function profileShape(value: unknown): readonly string[] {
  return object<ProfileData>({
    name: text('a name of 1 to 64 visible characters', /^[\x21-\x7E]{1,64}$/),
    carrier,
    key: object<ProfileData['key']>({ limit: keyLimit, uuidOnly: optional(oneOf(true, false)) }),
    routes: record(route, routeRule),
    required: fact,
    lifetime,
    accepted: oneOf('monitor', 'reask', 'final'),
    monitorFailure: optional(oneOf('rejected', 'doubt')),
    replay: optional(object<NonNullable<ProfileData['replay']>>({ header: lowerName, equals: lowerText })),
    stores: object<ProfileData['stores']>({
      success: fact,
      clientErrors: fact,
      serverErrors: fact,
      validation: fact,
    }),
    rejections: object<ProfileData['rejections']>({ first: list(clientError), later: list(clientError) }),
    conflict: oneOf('in-progress', 'final'),
    companions: list(lowerName),
    firstSent: optional(headerName),
    recover: optional(recovery),
    waitHeaders: optional(list(lowerName)),
    minWait: optional(record(text('a status from 200 to 599', /^[2-5]\d\d$/), span)),
    cors: object<ProfileData['cors']>({ callable: fact, expose: list(headerName) }),
    rules: list(rule),
    answers,
  })(value, '');
}

function fact(value: unknown, path: string): readonly string[] {
  return oneOf('yes', 'no', 'unknown')(value, path);
}

function headerName(value: unknown, path: string): readonly string[] {
  return text('the name of a header', /^[!#$%&'*+.^_`|~\w-]+$/)(value, path);
}

/** Answers are compared by lower-case name: another one would never match. */
function lowerName(value: unknown, path: string): readonly string[] {
  return text('the name of a header in lower case', /^[!#$%&'*+.^_`|~0-9a-z-]+$/)(value, path);
}

function lowerText(value: unknown, path: string): readonly string[] {
  return text('a text in lower case: values are compared that way', /^[^A-Z]+$/)(value, path);
}

function someText(value: unknown, path: string): readonly string[] {
  return text('a text that is not empty', /^[^]+$/)(value, path);
}

/** A shorter limit would refuse every key the client makes. */
function keyLimit(value: unknown, path: string): readonly string[] {
  return whole(36, Infinity, ", because the client's keys are UUIDs of 36 characters")(value, path);
}

function status(value: unknown, path: string): readonly string[] {
  return whole(200, 599)(value, path);
}

function clientError(value: unknown, path: string): readonly string[] {
  return whole(400, 499, ', because no other status refuses a request')(value, path);
}

function carrier(value: unknown, path: string): readonly string[] {
  return variants({
    header: object<Extract<ProfileData['carrier'], { kind: 'header' }>>({
      kind: oneOf('header'),
      name: headerName,
      encoding: optional(oneOf('raw', 'sf-string')),
    }),
    'json-body': object<Extract<ProfileData['carrier'], { kind: 'json-body' }>>({
      kind: oneOf('json-body'),
      path: text("the name of a member of the body's top level", /^[^.*$[\]\s]+$/),
    }),
  })(value, path);
}

function route(value: unknown, path: string): readonly string[] {
  const what =
    "a method or *, a space and a path, such as 'POST /v1/**': * for one part that varies, ** at the end for any rest";
  const path_ = /^(?:\*|[A-Z]+) \/(?:(?:\*|[^\s/*?#{}:][^\s/*?#{}]*)\/)*(?:\*\*?|[^\s/*?#{}:][^\s/*?#{}]*)?$/;
  return text(what, path_)(value, path);
}

function routeRule(value: unknown, path: string): readonly string[] {
  if (!isObject(value)) return fact(value, path);
  return object<RouteRule>({
    honoured: fact,
    lifetime: optional(lifetime),
    keyLimit: optional(keyLimit),
    required: optional(fact),
  })(value, path);
}

function lifetime(value: unknown, path: string): readonly string[] {
  const from = optional(oneOf('first-use', 'completion', 'first-sent'));
  const timed = object<Extract<Lifetime, { ms: number }>>({ kind: oneOf('fixed', 'floor'), ms: span, from });
  const untimed = object<Exclude<Lifetime, { ms: number }>>({ kind: oneOf('forever', 'unpublished'), from });
  return variants({ fixed: timed, floor: timed, forever: untimed, unpublished: untimed })(value, path);
}

function recovery(value: unknown, path: string): readonly string[] {
  return object<Recovery>({
    url: someText,
    pointer: optional(jsonPath),
    keyAt: optional(jsonPath),
    accept: match,
    when: oneOf('named', 'doubt'),
  })(value, path);
}

function rule(value: unknown, path: string): readonly string[] {
  return object<Rule>({ when: match, context: optional(oneOf('first', 'later')), means })(value, path);
}

const REASONS: Readonly<Record<InDoubtReason, true>> = {
  'key-expired': true,
  clock: true,
  'stored-error': true,
  'key-mismatch': true,
  'monitor-lost': true,
  stuck: true,
  'not-repeatable': true,
  'unproved-rejection': true,
  deadline: true,
  'unreadable-response': true,
  redirect: true,
};

function means(value: unknown, path: string): readonly string[] {
  if (isObject(value)) return object<{ doubt: InDoubtReason }>({ doubt: oneOf(...Object.keys(REASONS)) })(value, path);
  const named = ['in-progress', 'retry', 'unchanged', 'rejected', 'done', 'recover'];
  return named.includes(value as string)
    ? []
    : wrong(path, `${named.map((one) => `"${one}"`).join(' or ')} or { doubt: reason }`, value);
}

function match(value: unknown, path: string): readonly string[] {
  if (isObject(value) && Object.keys(value).length === 0)
    return [`${path} must say something: it matches every answer.`];
  return object<Match>({
    status: optional(statuses),
    header: optional(
      object<NonNullable<Match['header']>>({
        name: lowerName,
        equals: optional(someText),
        includes: optional(someText),
      }),
    ),
    json: optional((json, at) => (Array.isArray(json) ? list(jsonMatch, { least: 1 }) : jsonMatch)(json, at)),
    any: optional(list(match, { least: 1 })),
  })(value, path);
}

function statuses(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) return list(status, { least: 1 })(value, path);
  if (!isObject(value)) return status(value, path);
  const found = object<{ from: number; to: number }>({ from: status, to: status })(value, path);
  const { from, to } = value as { from: number; to: number };
  return found.length > 0 || from <= to ? found : [`${path} must not end before it begins; got ${from} to ${to}.`];
}

function jsonMatch(value: unknown, path: string): readonly string[] {
  return object<JsonMatch>({
    path: jsonPath,
    equals: optional(scalar),
    in: optional(list(scalar, { least: 1 })),
    endsIn: optional(list(someText, { least: 1 })),
  })(value, path);
}

function jsonPath(value: unknown, path: string): readonly string[] {
  const what = "a dotted path such as 'error.code' or 'errors.*.code', without $ and []";
  return text(what, /^(?:\*|[^\s.*$[\]]+)(?:\.(?:\*|[^\s.*$[\]]+))*$/)(value, path);
}

function scalar(value: unknown, path: string): readonly string[] {
  const known = typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  return known ? [] : wrong(path, 'a text, a number, true or false', value);
}

function answers(value: unknown, path: string): readonly string[] {
  const answer = optional(
    object<ExampleAnswer>({
      status,
      headers,
      body: (body, at) => (typeof body === 'string' ? [] : wrong(at, 'a text', body)),
    }),
  );
  return object<ProfileData['answers']>({
    inProgress: answer,
    mismatch: answer,
    missingKey: answer,
    malformedKey: answer,
    expired: answer,
    replay: answer,
    honoured: optional(headers),
  })(value, path);
}

function headers(value: unknown, path: string): readonly string[] {
  const fieldValue: Check = text('a text without line breaks', /^[\t\x20-\x7E\x80-\xFF]*$/);
  return record(headerName, fieldValue)(value, path);
}
