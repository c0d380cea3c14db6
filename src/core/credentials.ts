import { bounded } from './bounded.ts';
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
  /** Cancelled, changed by somebody else, or closed: nothing is to be sent now. */
  | { readonly kind: 'stopped' }
  /** `why` is ours: what `authorize` itself threw could hold a credential. */
  | { readonly kind: 'failed'; readonly why: string };

/** Asks for the credentials of one attempt, for the operation's own owner: A's payment must not go out with B's token. The owner is compared
 *  before and after, and once more by the gate. What hangs is waited for as long as an attempt, and not at all once nothing is to be sent. */
export async function credentialsFor(
  work: Work,
  { settings, closing }: Driving,
  reason: AttemptInfo['reason'],
): Promise<Credentials> {
  const { owner } = work.record.fixed;
  // Nobody to wait for: an owner that is known at once, and no credentials to ask for. As the gate, which asks it once more.
  if (settings.authorize === undefined && ownerNow(settings, undefined) === owner) {
    return { kind: 'ready', headers: [], owner };
  }
  const info: AttemptInfo = {
    operation: toOperation(work.record, work),
    attempt: work.attempts + 1,
    resumed: work.resumed,
    reason,
  };
  const asked = await bounded(
    { clock: settings.clock, limit: settings.attemptTimeout },
    () => ask(settings, owner, info),
    [work.halted, closing],
  );
  switch (asked.kind) {
    case 'value':
      return asked.value;
    case 'stopped':
      return { kind: 'stopped' };
    case 'late':
      return { kind: 'failed', why: 'owner or authorize took longer than attemptTimeout' };
    case 'threw':
      return { kind: 'failed', why: `authorize threw ${asked.name}` };
  }
}

async function ask(settings: Settings, owner: string, info: AttemptInfo): Promise<Credentials> {
  if ((await currentOwner(settings)) !== owner) return { kind: 'other-owner' };
  if (settings.authorize === undefined) return { kind: 'ready', headers: [], owner };
  const headers = await settings.authorize(info);
  if ((await currentOwner(settings)) !== owner) return { kind: 'other-owner' };
  try {
    return { kind: 'ready', headers: credentialHeaders(headers ?? {}, settings.authorizeHeaders), owner };
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
