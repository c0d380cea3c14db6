import type { Effect, ErrorCode, Json } from '../types.ts';

/** Survives two copies of the package in one program, where `instanceof` does not. */
const BRAND: unique symbol = Symbol.for('onceward.error');

/** What every error of ours can say beside its message. */
export interface ErrorDetails {
  readonly effect: Effect;
  readonly operationId?: string | undefined;
  readonly cause?: unknown;
}

/** The base of everything this package throws. Errors of a `fetch`, an `authorize` or a journal's medium arrive as its `cause`.
 *  Never holds a body, a credential or a whole key. */
export class OncewardError extends Error {
  override readonly name: string = 'OncewardError';
  readonly code: ErrorCode;
  /** What is known of the side effect: 'none' means trying again is safe. */
  readonly effect: Effect;
  readonly operationId?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.effect = details.effect;
    if (details.operationId !== undefined) this.operationId = details.operationId;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Everything it says but its cause: `cause`, `response` and `data` are not enumerable, and may hold what a log must not. */
  toJSON(): Json {
    const { name, message } = this;
    return { ...(this as unknown as Record<string, Json>), name, message };
  }
}

/** True for any error of ours, also one from another copy of the package. */
export function isOncewardError(error: unknown): error is OncewardError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
