/** What may be shown of an idempotency key: its first eight characters, of a short one handed in the first half. */
export function keyHint(key: string): string {
  return key.slice(0, Math.min(8, Math.floor(key.length / 2)));
}
