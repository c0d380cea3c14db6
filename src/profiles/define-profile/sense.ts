import type { ResponseAnswer } from '../../core/answer.ts';
import { storableHeaders } from '../../core/header-rules.ts';
import { type Observation, observe } from '../../core/observe.ts';
import type { ExampleAnswer, Fact, ProfileData } from '../../core/profile.ts';
import { isUnreachable, routeCovers } from './covers.ts';

/** Facts that are well formed each, and cannot be true together, or could never take effect.
 *
 *  Only those: what is merely unusual may be what an API does. A rule that reads a header or the body may know of one answer more than `stores` says of
 *  all (Stripe marks the refusals it keeps); `monitorFailure` waits for a caller's `accepted: 'monitor'`; what a page may read is the server's choice.
 */
export function profileSense(data: ProfileData): readonly string[] {
  return [routes, clocks, headers, rejections, rules, recovery, answers].flatMap((check) => check(data));
}

function routes({ routes: given }: ProfileData): readonly string[] {
  const names = Object.keys(given);
  return names.flatMap((name, at) => {
    const by = names.slice(0, at).find((earlier) => routeCovers(earlier, name));
    return by === undefined
      ? []
      : [`routes["${name}"] is never reached: "${by}" stands before it and matches the same.`];
  });
}

function clocks({ lifetime, routes: given, firstSent }: ProfileData): readonly string[] {
  if (firstSent !== undefined) return [];
  const all = [lifetime, ...Object.values(given).map((one) => (typeof one === 'string' ? undefined : one.lifetime))];
  return all.some((one) => one?.from === 'first-sent')
    ? ['firstSent is missing: a lifetime counts from it. Name the header that tells the time of the first send.']
    : [];
}

/** What the client writes itself, what the transport writes, and what is a secret is not the caller's to freeze. */
function headers({ carrier, companions, firstSent, waitHeaders = [] }: ProfileData): readonly string[] {
  const own: readonly (readonly [path: string, name: string])[] = [
    ...(carrier.kind === 'header' ? ([['carrier.name', carrier.name]] as const) : []),
    ...(firstSent === undefined ? [] : ([['firstSent', firstSent]] as const)),
  ];
  const ours = own.map(([, name]) => name.toLowerCase());
  return [
    ...own.flatMap(([path, name]) => (name.toLowerCase() === 'idempotency-key' ? [] : unstorable(path, name))),
    ...companions.flatMap((name, at) =>
      ours.includes(name)
        ? [`companions[${at}] is a header that the client writes itself; leave it out.`]
        : unstorable(`companions[${at}]`, name),
    ),
    ...waitHeaders.flatMap((name, at) =>
      name === 'retry-after' ? [`waitHeaders[${at}]: Retry-After tells seconds or a date, and is read anyway.`] : [],
    ),
  ];
}

function unstorable(path: string, name: string): readonly string[] {
  try {
    storableHeaders({ [name]: 'x' }, new Set([name.toLowerCase()]));
    return [];
  } catch {
    return [`${path} names a credential, which comes from authorize, or a header that the transport writes.`];
  }
}

/** 401 and 407 are about credentials; the others ask to come back: they are judged before these lists are read. */
const NEVER_FINAL: readonly number[] = [401, 407, 408, 421, 425, 429];

function rejections({ rejections: { first, later }, conflict, stores }: ProfileData): readonly string[] {
  const listed = Object.entries({ first, later }).flatMap(([name, list]) =>
    list.map((status, at) => ({ status, path: `rejections.${name}[${at}]` })),
  );
  return [
    ...listed.flatMap(({ status, path }) => {
      if (NEVER_FINAL.includes(status)) return [`${path}: ${status} is never a final refusal; leave it out.`];
      return status === 409 && conflict === 'in-progress'
        ? [`${path}: a 409 is waited for. Say conflict: 'final', or name the refusal by a rule.`]
        : [];
    }),
    ...later.flatMap((status, at) => {
      const path = `rejections.later[${at}]`;
      // With conflict 'final' every 409 is one at first.
      if (!first.includes(status) && status !== 409) return [`${path}: ${status} must stand in rejections.first, too.`];
      return kept(path, status, stores);
    }),
  ];
}

/** A refusal binds a late copy of the first request only where it is kept under the key. */
function kept(path: string, status: number, stores: ProfileData['stores']): readonly string[] {
  const kind = kindOf(status);
  const fact: Fact = stores[kind];
  return fact === 'yes'
    ? []
    : [
        `${path}: a ${status} proves a rejection after a lost answer only if it is kept under the key, and stores.${kind} says '${fact}'.`,
      ];
}

function kindOf(status: number): keyof ProfileData['stores'] {
  if (status === 400 || status === 422) return 'validation';
  if (status >= 500) return 'serverErrors';
  return status >= 400 ? 'clientErrors' : 'success';
}

function rules({ rules: given, recover, stores }: ProfileData): readonly string[] {
  return given.flatMap(({ when, context, means }, at) => {
    const path = `rules[${at}]`;
    const problems: string[] = [];
    if (isUnreachable({ when, means, ...(context && { context }) }, given.slice(0, at))) {
      problems.push(
        `${path} is never reached: an earlier rule takes every answer it matches. Put the narrower one first.`,
      );
    }
    if (means === 'recover' && recover === undefined) {
      problems.push(`${path}.means: says recover, and the profile has no recover that tells where to look.`);
    }
    // By its status alone: the same claim as rejections.later.
    const bare = Object.keys(when).length === 1 && typeof when.status === 'number' ? when.status : undefined;
    if (means === 'rejected' && context !== 'first' && bare !== undefined) {
      problems.push(...kept(`${path}.means`, bare, stores));
    }
    return problems;
  });
}

const PLACES: readonly string[] = ['path', 'parent', 'key', 'pointer'];

function recovery({ recover, rules: given }: ProfileData): readonly string[] {
  if (recover === undefined) return [];
  const { url, pointer, when } = recover;
  const problems = [...url.matchAll(/\{([^}]*)\}/g)].flatMap(([whole, name = '']) =>
    PLACES.includes(name) ? [] : [`recover.url: ${whole} is not known. Known: {${PLACES.join('}, {')}}.`],
  );
  const filled = url.replace(/\{[^}]*\}/g, '/x');
  const protocol = URL.canParse(filled, 'https://x.example/a/b') && new URL(filled, 'https://x.example/a/b').protocol;
  if (/[{}]/.test(filled) || protocol !== 'https:') {
    problems.push('recover.url must be a path, or an https address, with names in braces.');
  }
  if (url.includes('{pointer}') !== (pointer !== undefined)) {
    problems.push('recover.pointer and {pointer} in recover.url belong together: one is missing.');
  }
  // Before a verdict of the client's own there is no answer a pointer could be read from.
  if ((when === 'named' || pointer !== undefined) && !given.some(({ means }) => means === 'recover')) {
    problems.push('recover is never used: no rule says recover.');
  }
  return problems;
}

type Example = 'inProgress' | 'mismatch' | 'expired' | 'replay';

/** What the mock says in the API's name, the client must understand: else they are two APIs. To a later attempt, where both could differ. */
const UNDERSTOOD: Readonly<Record<Example, readonly string[]>> = {
  inProgress: ['in-progress'],
  mismatch: ['doubt key-mismatch'],
  expired: ['doubt key-expired'],
  replay: ['success', 'recover', 'done'],
};

function answers(data: ProfileData): readonly string[] {
  return (Object.entries(UNDERSTOOD) as [Example, readonly string[]][]).flatMap(([name, wanted]) => {
    const example = data.answers[name];
    if (example === undefined) return [];
    const seen = labelOf(
      observe(answerOf(example), data, { first: false, acceptsHtml: false, accepted: data.accepted }),
    );
    return wanted.includes(seen)
      ? []
      : [
          `answers.${name} is read as '${seen}' by the rules, and must be '${wanted.join("' or '")}'. Add a rule for it.`,
        ];
  });
}

function labelOf(observation: Observation): string {
  return observation.means === 'doubt' ? `doubt ${observation.reason}` : observation.means;
}

function answerOf({ status, headers: given, body }: ExampleAnswer): ResponseAnswer {
  const lower = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { kind: 'response', status, headers: lower, body: new TextEncoder().encode(body) };
}
