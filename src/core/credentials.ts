import { UsageError } from './errors/usage-error.ts';
import { credentialHeaders } from './header-rules.ts';
import { toOperation } from './operation.ts';
import type { Settings } from './settings.ts';
import type { AttemptInfo } from './types.ts';
import type { Driving, Work } from './work.ts';

export type Credentials =
  | {
      readonly kind: 'ready';
      readonly headers: readonly (readonly [string, string])[];
      readonly owner: string | undefined;
    }
  | { readonly kind: 'other-owner' }
  /** `why` is ours: what `authorize` itself threw could hold a credential. */
  | { readonly kind: 'failed'; readonly why: string };

/** Asks for the credentials of one attempt, for the operation's own owner: A's payment must not go out with B's token. The owner is compared
 *  before and after, and once more by the gate. */
export async function credentialsFor(
  work: Work,
  { settings }: Driving,
  reason: AttemptInfo['reason'],
): Promise<Credentials> {
  const { fixed } = work.record;
  if ((await currentOwner(settings)) !== fixed.owner) return { kind: 'other-owner' };
  if (settings.authorize === undefined) return { kind: 'ready', headers: [], owner: fixed.owner };
  const info: AttemptInfo = {
    operation: toOperation(work.record, work),
    attempt: work.attempts + 1,
    resumed: work.resumed,
    reason,
  };
  const asked = await bounded(settings, async () => settings.authorize?.(info) ?? {});
  if (asked.kind !== 'value')
    return {
      kind: 'failed',
      why: asked.kind === 'late' ? 'authorize took longer than attemptTimeout' : `authorize threw ${asked.name}`,
    };
  const owner = await currentOwner(settings);
  if (owner !== fixed.owner) return { kind: 'other-owner' };
  try {
    return { kind: 'ready', headers: credentialHeaders(asked.value, settings.authorizeHeaders), owner };
  } catch (error) {
    return {
      kind: 'failed',
      why: error instanceof UsageError ? error.message : 'authorize returned something that is not headers',
    };
  }
}

/** Who is signed in. A function that throws says nobody. */
export async function currentOwner({ owner }: Pick<Settings, 'owner'>): Promise<string | undefined> {
  try {
    return await owner();
  } catch {
    return undefined;
  }
}

/** The same, without waiting: where the function answers with a promise, the value awaited just before counts. */
export function ownerNow({ owner }: Settings, awaited: string | undefined): string | undefined {
  try {
    const value = owner();
    if (!(value instanceof Promise)) return value as string | undefined;
    value.catch(() => undefined);
    return awaited;
  } catch {
    return undefined;
  }
}

type Asked =
  | { readonly kind: 'value'; readonly value: HeadersInit }
  | { readonly kind: 'late' }
  | { readonly kind: 'threw'; readonly name: string };

async function bounded({ clock, attemptTimeout }: Settings, ask: () => Promise<HeadersInit>): Promise<Asked> {
  const over = new AbortController();
  const late = clock.sleep(attemptTimeout, over.signal).then(
    (): Asked => ({ kind: 'late' }),
    (): Asked => ({ kind: 'late' }),
  );
  const value = ask().then(
    (headers): Asked => ({ kind: 'value', value: headers }),
    (error: unknown): Asked => ({ kind: 'threw', name: error instanceof Error ? error.name : typeof error }),
  );
  try {
    return await Promise.race([value, late]);
  } finally {
    over.abort();
  }
}
