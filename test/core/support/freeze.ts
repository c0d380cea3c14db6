import { type FreezeInput, freezeRequest } from '../../../src/core/frozen-request.ts';
import type { StoredRequest } from '../../../src/core/record.ts';
import type { CallOptions } from '../../../src/core/types.ts';

export const URL_OF = 'https://api.example/charges';

/** Freezes as a call does. Options may be what only callers without types hand in. */
export function freeze(options: unknown = {}, given: Partial<FreezeInput> = {}): Promise<StoredRequest> {
  return freezeRequest({
    method: 'POST',
    url: URL_OF,
    options: options as CallOptions,
    baseUrl: undefined,
    headers: undefined,
    storable: new Set(),
    ...given,
  })();
}

export function typeOf({ headers }: StoredRequest): string | undefined {
  return headers.find(([name]) => name === 'content-type')?.[1];
}

export function textOf({ body }: StoredRequest): string | undefined {
  return body && new TextDecoder().decode(body);
}
