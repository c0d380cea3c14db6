/** Throws with `what` unless `condition` holds: the suite brings no test runner and needs none. */
export function ensure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Journal contract: ${what}`);
}

/** Throws unless both are the same data: members that are undefined count as absent, bytes are compared one by one. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const difference = differ(actual, expected, '');
  ensure(difference === undefined, `${what}: ${difference}`);
}

/** Whether both are the same data, as `same` sees it. */
export function isSame(actual: unknown, expected: unknown): boolean {
  return differ(actual, expected, '') === undefined;
}

/** Throws unless `call` rejects with a JournalError, of one of `reasons` where there are any. What it resolves with would be taken for the truth. */
export async function refuses(call: Promise<unknown>, what: string, reasons: readonly string[] = []): Promise<void> {
  const error = await call.then(
    (value) => ensure(false, `${what} must reject, and resolved with ${show(value)}`),
    (reason: unknown) => reason,
  );
  if (!isObject(error) || error['code'] !== 'ERR_ONCEWARD_JOURNAL') {
    throw error instanceof Error ? error : new Error(`Journal contract: ${what} rejected with ${show(error)}`);
  }
  const reason = String(error['reason']);
  ensure(
    reasons.length === 0 || reasons.includes(reason),
    `${what} rejected with reason '${reason}', expected '${reasons.join("' or '")}'`,
  );
}

function differ(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) return differentBytes(actual, expected, path);
  if (!isObject(actual) || !isObject(expected) || Array.isArray(actual) !== Array.isArray(expected)) {
    return `${path || 'it'} is ${show(actual)}, expected ${show(expected)}`;
  }
  for (const name of new Set([...Object.keys(actual), ...Object.keys(expected)])) {
    const difference = differ(own(actual, name), own(expected, name), path === '' ? name : `${path}.${name}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function differentBytes(actual: Uint8Array, expected: Uint8Array, path: string): string | undefined {
  if (actual.length !== expected.length) {
    return `${path} has ${actual.length} bytes, expected ${expected.length}`;
  }
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  return at < 0 ? undefined : `${path} differs at byte ${at}: ${actual[at]}, expected ${expected[at]}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** Not `value[name]`: an inherited `__proto__` is not a member. */
function own(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}
