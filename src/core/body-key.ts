import { isJson } from './answer.ts';
import { UsageError } from './errors/usage-error.ts';
import type { StoredRequest } from './record.ts';
import { decodeText, encodeText } from './text.ts';

/** The body with the key as its first member. Written into the text: parsing and writing again could change the caller's own numbers. The same key
 *  and body give the same bytes on every attempt. */
export function withBodyKey(body: Uint8Array<ArrayBuffer>, member: string, key: string): Uint8Array<ArrayBuffer> {
  const text = decodeText(body);
  const rest = text.slice(text.indexOf('{') + 1);
  const comma = rest.trimStart().startsWith('}') ? '' : ',';
  return encodeText(`{${JSON.stringify(member)}:${JSON.stringify(key)}${comma}${rest}`);
}

/** An API that takes the key in the body needs a body that can hold it.
 *  @throws UsageError ERR_ONCEWARD_INVALID_BODY */
export function requireBodyForKey({ headers, body }: StoredRequest, member: string): void {
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? '';
  const json = body && isJson(type.split(';')[0]?.trim().toLowerCase() ?? '') ? parsed(body) : undefined;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_BODY',
      `This API takes the idempotency key in the JSON body, as ${member}: the body must be a JSON object. Use the option json.`,
    );
  }
  if (!Object.hasOwn(json, member)) return;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_BODY',
    `The body has a member ${member}, which the client writes itself, once per round. For a key of your own use the option key.`,
  );
}

function parsed(body: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(decodeText(body));
  } catch {
    return undefined;
  }
}
