import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { VerifyHooks, VerifyOptions, VerifyRequest } from '../verify/index.ts';
import { invalid } from './verify-options.ts';

const PLACE = '{{n}}';
const HOOKS: readonly (keyof VerifyHooks)[] = ['crash', 'restart', 'advance', 'slow', 'fail'];

/** The requests of a JSON template, or of a module's default export. @throws UsageError naming what is wrong with it */
export async function requestFrom(option: string, file: string): Promise<(n: string) => VerifyRequest> {
  if (!file.endsWith('.json')) {
    const made = (await moduleFrom(option, file))['default'];
    if (typeof made === 'function') return made as (n: string) => VerifyRequest;
    throw invalid(
      `${option}: the default export of ${file} must be a function: (n) => ({ path: '/charges', json: { reference: n } }).`,
    );
  }
  const template = templateFrom(option, file);
  return (n) => filled(template, n) as VerifyRequest;
}

/** A URL to ask, or a module's default export.
 *
 *  @param headers sent along to the server's own origin, and to no other */
export async function effectsFrom(
  text: string,
  { origin, headers }: { readonly origin: string; readonly headers: HeadersInit | undefined },
): Promise<NonNullable<VerifyOptions['countEffects']>> {
  if (!/^https?:/.test(text)) {
    const count = (await moduleFrom('--effects', text))['default'];
    if (typeof count === 'function') return count as (n: string) => Promise<number>;
    throw invalid(`--effects: the default export of ${text} must be a function: async (n) => 1.`);
  }
  if (!text.includes(PLACE)) throw invalid(`--effects is a URL with ${PLACE} in it, or a module.`);
  return async (n) => {
    const url = new URL(text.replaceAll(PLACE, encodeURIComponent(n)));
    const response = await fetch(url, url.origin === origin && headers !== undefined ? { headers } : {});
    const { count } = (response.ok ? await response.json() : {}) as { readonly count?: unknown };
    if (typeof count === 'number') return count;
    throw new Error(`${url.origin}${url.pathname} answers with ${response.status} and no {"count": 1}`);
  };
}

/** Functions of a module by their names, or of its default export. */
export async function hooksFrom(file: string): Promise<VerifyHooks> {
  const module = await moduleFrom('--hooks', file);
  const given = typeof module['default'] === 'object' && module['default'] !== null ? module['default'] : module;
  const hooks = Object.entries(given).filter(([name]) => (HOOKS as readonly string[]).includes(name));
  if (hooks.length > 0 && hooks.every(([, hook]) => typeof hook === 'function')) return Object.fromEntries(hooks);
  throw invalid(`--hooks: ${file} must export functions: ${HOOKS.join(', ')}.`);
}

async function moduleFrom(option: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw invalid(
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? `${option}: Node ${process.versions.node} does not run ${file}. TypeScript needs Node 22.18 or later; a template's name ends in .json.`
        : `${option}: ${file} cannot be loaded: ${message}`,
    );
  }
}

function templateFrom(option: string, file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    JSON.parse(text);
  } catch (error) {
    throw invalid(`${option} cannot read ${file}: ${(error as Error).message}`);
  }
  if (!text.includes(PLACE))
    throw invalid(`${option}: ${file} has no ${PLACE} in it: each request needs a reference of its own.`);
  return JSON.parse(text);
}

/** In texts alone: what it puts in cannot become something else. */
function filled(template: unknown, n: string): unknown {
  if (typeof template === 'string') return template.replaceAll(PLACE, () => n);
  if (Array.isArray(template)) return template.map((one) => filled(one, n));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, value]) => [name, filled(value, n)]));
}
