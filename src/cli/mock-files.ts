import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Profile } from '../core/profile.ts';
import type { Fault, RouteHandler } from '../mock/types.ts';
import { defineProfile } from '../profiles/index.ts';

/** The routes of a module: its default export, as in `createMock({ routes })`. @throws UsageError naming what is wrong with it */
export async function routesFrom(file: string): Promise<Record<string, RouteHandler>> {
  let routes: unknown;
  try {
    ({ default: routes } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw invalid(
      code === 'ERR_UNKNOWN_FILE_EXTENSION'
        ? `Node ${process.versions.node} does not run TypeScript: take Node 22.18 or later, or write the routes of ${file} in JavaScript.`
        : `The routes of ${file} cannot be loaded: ${message}`,
    );
  }
  const handlers = typeof routes === 'object' && routes !== null ? Object.values(routes) : [];
  if (handlers.length === 0 || handlers.some((handler) => typeof handler !== 'function')) {
    throw invalid(
      `The default export of ${file} must be routes: { 'POST /charges': ({ json }) => Response.json(json, { status: 201 }) }.`,
    );
  }
  return routes as Record<string, RouteHandler>;
}

/** A fault plan: an array of what `mock.fail` takes, which says itself what is wrong with one of them. */
export function planFrom(file: string): readonly Fault[] {
  const plan = jsonFrom('--plan', file);
  if (Array.isArray(plan)) return plan as readonly Fault[];
  throw invalid(`--plan is a file with a JSON array of faults: ["lose-response", { "fault": "status:503", "at": 2 }].`);
}

/** A dialect of one's own, as `defineProfile` takes it. */
export function profileFrom(file: string): Profile {
  return defineProfile(jsonFrom('--profile', file) as Parameters<typeof defineProfile>[0]);
}

function jsonFrom(option: string, file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw invalid(`${option} cannot read ${file}: ${(error as Error).message}`);
  }
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
