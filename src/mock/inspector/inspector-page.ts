import { pageFiles } from './page-files.ts';

/** Keys, tenants and paths come from whoever sends requests. The page writes them as text; should it ever not, there is nothing that would run them. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // The icon: without one browsers ask the mock for /favicon.ico, as if it were a request to it.
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The inspector's answer to a request below `/__onceward`; undefined where another part of the mock has to answer.
 *
 *  @param path what follows `/__onceward` */
export function inspectorPage(method: string, path: string): Response | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  // The page's own addresses are relative: it is served under any path, also behind a proxy.
  if (path === '') return answer(null, { location: '__onceward/' }, 307);
  const name = path === '/' ? 'index.html' : /^\/page\/(.+)$/.exec(path)?.[1];
  if (name === undefined || !Object.hasOwn(pageFiles(), name)) return undefined;
  const text = pageFiles()[name] ?? '';
  return answer(method === 'HEAD' ? null : text, { 'content-type': TYPES[name.split('.').at(-1) ?? ''] ?? '' });
}

function answer(body: string | null, headers: Record<string, string>, status = 200): Response {
  return new Response(body, {
    status,
    headers: {
      ...headers,
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    },
  });
}
