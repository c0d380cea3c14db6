import { UsageError } from './errors/usage-error.ts';
import type { OperationId } from './types.ts';

/** What `${thing}` becomes when the thing is not there, is not loaded or was not awaited (`[object Promise]`): as a name it would join every
 *  customer into one operation. */
const NOTHING = /^\s*(?:|undefined|null|NaN|-?Infinity|\[object .*\])\s*$/;

const LONGEST = 200;

/** The name as it is stored: array parts percent-encoded and joined by `/`, a string as it is.
 *
 *  @example operationName(['cart', 'a/b']) // 'cart/a%2Fb'
 *  @throws UsageError ERR_ONCEWARD_MISSING_ID where there is none, ERR_ONCEWARD_INVALID_ID where it names nothing or is too long
 */
export function operationName(id: OperationId | undefined | null): string {
  if (id === undefined || id === null) {
    throw new UsageError(
      'ERR_ONCEWARD_MISSING_ID',
      "once is missing: name the intent this call stands for, like once: ['cart', cart.id], or say once: anonymous.",
    );
  }
  const parts: readonly unknown[] | undefined = Array.isArray(id) ? id : undefined;
  if (parts === undefined && typeof id !== 'string')
    throw invalid(`must be a string or an array of strings and numbers, not ${typeof id}`);
  if (parts?.length === 0) throw invalid('is an empty array');
  // In a string the usual separators mark the parts: `cart:${cart.id}` before the cart has loaded is 'cart:undefined'.
  for (const part of parts ?? (id as string).split(/[:/]/)) {
    if (typeof part !== 'string' && typeof part !== 'number')
      throw invalid(`has a part that is ${part === null ? 'null' : typeof part}`);
    if (NOTHING.test(String(part)))
      throw invalid(`has the part '${part}', which names nothing and would join every customer into one`);
  }
  const name = parts ? parts.map(encodePart).join('/') : (id as string);
  if (name.length > LONGEST) throw invalid(`is ${name.length} characters long; ${LONGEST} is the limit`);
  encodePart(name);
  return name;
}

/** The stored form of a prefix: `['cart']` means `cart/`, so that it does not match `carton/1`. */
export function namePrefix(prefix: OperationId): string {
  return typeof prefix === 'string' ? prefix : `${operationName(prefix)}/`;
}

function encodePart(part: unknown): string {
  try {
    return encodeURIComponent(String(part));
  } catch {
    throw invalid('holds half of a surrogate pair, which is not text');
  }
}

function invalid(what: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_ID', `once ${what}. Name the intent, like once: ['cart', cart.id].`);
}
