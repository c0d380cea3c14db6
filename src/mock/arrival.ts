import type { Json } from '../core/types.ts';
import { CONTROL } from './control.ts';
import type { Dialect } from './dialect.ts';
import { type Fingerprint, fingerprint } from './fingerprint.ts';
import { type KeyReading, readKey } from './idempotency-key.ts';
import { readableBody } from './request-body.ts';

/** A request that has come in whole. */
export interface Arrival {
  readonly method: string;
  /** The path that routes are matched against. */
  readonly path: string;
  readonly tenant: string;
  /** Where this mock shows itself, as this caller reaches it. */
  readonly controlUrl: string;
  readonly honours: 'required' | 'optional' | 'ignored';
  readonly reading: KeyReading;
  readonly fingerprint: Fingerprint;
  readonly json: Json;
  /** A fresh copy with the whole body. */
  copy(): Request;
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
  const url = new URL(request.url);
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
  { dialect, tenant }: { readonly dialect: Dialect; readonly tenant: string },
): Arrival {
  const { method } = request;
  const contentType = request.headers.get('content-type') ?? '';
  return {
    method,
    path,
    tenant,
    controlUrl: `${url.origin}${prefix}${CONTROL}`,
    // Profiles speak of an API's own paths, whatever part of them baseUrl holds.
    honours: dialect.honours(method, url.pathname),
    reading: readKey(request.headers.get(dialect.keyHeader), dialect.keyLimit),
    fingerprint: fingerprint(method, url, contentType, body),
    json: readableBody(body, contentType),
    copy() {
      const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
      // A fresh array: while msw listens, Headers keeps the array it is made from and writes into it.
      const headers = new Headers([...request.headers].map(([name, value]) => [name, value]));
      return new Request(request.url, { method, headers, body: bodiless ? null : body });
    },
  };
}
