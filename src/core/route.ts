import type { Fact, ProfileData, RouteRule } from './profile.ts';

/** What is known of the key on one route, the API's own facts filled in. */
export type RouteFacts = Required<RouteRule>;

const UNKNOWN: RouteRule = { honoured: 'unknown' };

/** What was last asked of each profile: one operation asks five times about one route. */
const last = new WeakMap<ProfileData, { readonly method: string; readonly url: string; readonly facts: RouteFacts }>();

/** First matching route wins. None: it is unknown whether the key is honoured there, which is treated as no. */
export function routeFacts(profile: ProfileData, method: string, url: string): RouteFacts {
  const known = last.get(profile);
  if (known !== undefined && known.method === method && known.url === url) return known.facts;
  const facts = findFacts(profile, method, url);
  last.set(profile, { method, url, facts });
  return facts;
}

function findFacts(profile: ProfileData, method: string, url: string): RouteFacts {
  const { pathname } = new URL(url);
  const route = Object.entries(profile.routes).find(([text]) => matchesRoute(text, method, pathname));
  const rule = route === undefined ? UNKNOWN : typeof route[1] === 'string' ? { honoured: route[1] } : route[1];
  return { lifetime: profile.lifetime, keyLimit: profile.key.limit, required: profile.required, ...rule };
}

/** Whether the API honours the key for this method and path. */
export function honoursKey(profile: ProfileData, method: string, url: string): Fact {
  return routeFacts(profile, method, url).honoured;
}

function matchesRoute(route: string, method: string, pathname: string): boolean {
  const [wanted = '*', pattern = '/**'] = route.split(' ');
  return (wanted === '*' || wanted === method) && matchesPath(pattern.split('/'), pathname.split('/'));
}

function matchesPath([pattern, ...patterns]: readonly string[], [part, ...parts]: readonly string[]): boolean {
  if (pattern === '**') return true;
  if (pattern === undefined || part === undefined) return pattern === part;
  return (pattern === '*' || pattern === part) && matchesPath(patterns, parts);
}
