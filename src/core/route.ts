import type { ProfileData } from './profile.ts';

/** Whether the API honours the key for this method and path. First matching route wins; none: unknown, which is treated as no. */
export function honoursKey(profile: ProfileData, method: string, url: string): 'yes' | 'no' | 'unknown' {
  const { pathname } = new URL(url);
  for (const [route, answer] of Object.entries(profile.routes)) {
    const [wanted = '*', pattern = '/**'] = route.split(' ');
    if ((wanted === '*' || wanted === method) && matchesPath(pattern.split('/'), pathname.split('/'))) return answer;
  }
  return 'unknown';
}

function matchesPath([pattern, ...patterns]: readonly string[], [part, ...parts]: readonly string[]): boolean {
  if (pattern === '**') return true;
  if (pattern === undefined || part === undefined) return pattern === part;
  return (pattern === '*' || pattern === part) && matchesPath(patterns, parts);
}
