import { UsageError } from '../core/errors/usage-error.ts';
import { jsonAnswer, problemAnswer, withHeaders, withoutBody } from './answer.ts';
import type { ControlAnswer, ControlParts } from './control-parts.ts';
import { CONTROL_ROUTES, type ControlRoute } from './control-routes.ts';
import { openApi } from './open-api.ts';

/** Where the mock shows itself, below its base path. */
export const CONTROL = '/__onceward';

const OWN_DESCRIPTION: Pick<ControlRoute, 'method' | 'path'> = { method: 'GET', path: '/openapi.json' };

/** Answers requests to the mock about itself. `path` is what follows `/__onceward`. */
export type Control = (request: Request, url: URL, path: string) => Promise<ControlAnswer>;

export function controlOf(parts: ControlParts): Control {
  return async (request, url, path) => {
    try {
      const answer = withHeaders(await answerTo(parts, request, url, path), { 'cache-control': 'no-store' });
      return request.method === 'HEAD' ? withoutBody(answer) : answer;
    } catch (error) {
      if (error instanceof UsageError) return problemAnswer(400, 'Bad Request', error.message);
      throw error;
    }
  };
}

async function answerTo(parts: ControlParts, request: Request, url: URL, path: string): Promise<ControlAnswer> {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const operation = /^\/operations\/([^/]+)$/.exec(path)?.[1];
  const routes: readonly Pick<ControlRoute, 'method' | 'path'>[] =
    operation === undefined
      ? [...CONTROL_ROUTES, OWN_DESCRIPTION].filter((route) => route.path === path)
      : [{ method: 'GET', path }];
  const methods = routes.map((route) => route.method);
  if (methods.length === 0) return problemAnswer(404, 'Not Found', `What there is says ${CONTROL}/openapi.json.`);
  if (!methods.some((known) => known === method)) return notAllowed(methods);
  if (operation !== undefined) return parts.monitor(operation, request);
  const route = CONTROL_ROUTES.find((known) => known.path === path && known.method === method);
  if (route === undefined) {
    const at = url.href.indexOf(`${CONTROL}${path}`);
    return jsonAnswer(200, openApi(url.href.slice(0, at), CONTROL));
  }
  const body = route.body === undefined ? undefined : parsed(await request.text());
  return route.run(parts, { request, url, body });
}

function notAllowed(methods: readonly string[]): ControlAnswer {
  const allow = (methods.includes('GET') ? [...methods, 'HEAD'] : methods).join(', ');
  return withHeaders(problemAnswer(405, 'Method Not Allowed', `Here there is ${allow}.`), { allow });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', 'The body has to be JSON.');
  }
}
