import type { Json } from '../core/types.ts';
import { urlOf } from './at-hand.ts';
import { CONTROL } from './control.ts';
import type { Dialect, Terms } from './dialect.ts';
import { type Fingerprint, fingerprint } from './fingerprint.ts';
import type { KeyReading } from './idempotency-key.ts';
import { readableBody } from './request-body.ts';
import type { FindRoute, FoundRoute } from './routes.ts';

/** A request that has come in whole. */
export interface Arrival {
  readonly method: string;
  /** The path that routes are matched against. */
  readonly path: string;
  readonly url: URL;
  readonly tenant: string;
  /** Where this mock shows itself, as this caller reaches it. */
  readonly controlUrl: string;
  readonly terms: Terms;
  readonly reading: KeyReading;
  readonly fingerprint: Fingerprint;
  readonly json: Json;
  /** The user's route that takes it. */
  readonly found: FoundRoute | undefined;
  /** As it came: its body may be read by now. */
  readonly request: Request;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Where a request is headed: a route of the user, or the mock itself. */
export interface Target {
  readonly url: URL;
  readonly path: string;
  /** What the mock is reached under: the path of baseUrl, or nothing. */
  readonly prefix: string;
  /** What follows `/__onceward`. */
  readonly controlPath: string | undefined;
}

/** Routes are relative to the path of baseUrl; a path beside it is taken whole. */
export function targetOf(request: Request, basePath: string): Target {
  const url = urlOf(request);
  const below = basePath !== '' && (url.pathname === basePath || url.pathname.startsWith(`${basePath}/`));
  const prefix = below ? basePath : '';
  const path = url.pathname.slice(prefix.length) || '/';
  const controlled = path === CONTROL || path.startsWith(`${CONTROL}/`);
  return { url, path, prefix, controlPath: controlled ? path.slice(CONTROL.length) : undefined };
}

export function arrivalOf(
  request: Request,
  body: Uint8Array<ArrayBuffer>,
  { url, path, prefix }: Target,
  { dialect, tenant, findRoute }: { readonly dialect: Dialect; readonly tenant: string; readonly findRoute: FindRoute },
): Arrival {
  const { method } = request;
  const { headers } = request;
  const json = readableBody(body, headers.get('content-type') ?? '');
  // Profiles speak of an API's own paths, whatever part of them baseUrl holds.
  const terms = dialect.terms(method, url);
  const carried = { headers, body, json };
  return {
    method,
    path,
    url,
    tenant,
    controlUrl: `${url.origin}${prefix}${CONTROL}`,
    terms,
    reading: dialect.keyIn(carried, terms),
    fingerprint: fingerprint(
      method,
      url,
      [headers.get('content-type'), ...dialect.boundHeaders(headers)],
      dialect.compared(carried),
    ),
    json,
    found: findRoute(method, path),
    request,
    body,
  };
}
