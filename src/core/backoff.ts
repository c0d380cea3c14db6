/** Milliseconds to wait before the next attempt: full jitter, uniform between 0 and the capped exponential.
 *  Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter: least work for the server at equal completion time.
 *
 *  @param attempts exchanges made so far, at least 1
 *  @param fraction uniform in [0, 1)
 */
export function backoff(
  attempts: number,
  fraction: number,
  limits: { readonly baseDelay: number; readonly maxDelay: number },
): number {
  // 2 ** 1023 is the last finite power; the cap was reached long before.
  return fraction * Math.min(limits.maxDelay, limits.baseDelay * 2 ** Math.min(attempts - 1, 52));
}
