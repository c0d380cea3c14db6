import { expect } from 'vitest';

/** All watched from the start: one that rejects while another is awaited would be an unhandled rejection. */
export async function expectAllReject(calls: readonly Promise<unknown>[], error: object): Promise<void> {
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({ status: 'rejected', reason: error });
  }
}
