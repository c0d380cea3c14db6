import { bounded } from './bounded.ts';
import { credentialsFor } from './credentials.ts';
import { UsageError } from './errors/usage-error.ts';
import { lastSendBefore, noneIsSafeFrom } from './late-arrival.ts';
import { toOperation } from './operation.ts';
import type { StatePart } from './record.ts';
import { stateNow } from './save.ts';
import { allowedTarget } from './target.ts';
import type { InDoubtReason } from './types.ts';
import { readVerdict } from './verdict.ts';
import type { Driving, Work } from './work.ts';

/** What the hook has for its answer. */
const LIMIT = 30_000;

/** Asks the application's `reconcile` what became of an operation in doubt. The state to store, or undefined: still in doubt. Never throws: a hook
 *  that fails, hangs, or says `none` while the last attempt could still arrive has decided nothing. */
export async function reconciled(work: Work, driving: Driving, reason: InDoubtReason): Promise<StatePart | undefined> {
  const { settings, closing } = driving;
  const { reconcile } = settings;
  if (reconcile === undefined) return undefined;
  const record = { ...work.record, state: { ...work.record.state, state: 'in-doubt' as const, reason } };
  const over = new AbortController();
  const tools = { key: work.record.fixed.key, fetch: questions(work, driving), signal: over.signal };
  const asked = await bounded({ clock: settings.clock, limit: LIMIT }, async () => {
    const verdict = await reconcile(toOperation(record), tools);
    return verdict && (await readVerdict(verdict, settings.storableHeaders));
  }, [work.halted, closing]);
  over.abort();
  if (asked.kind !== 'value' || asked.value === undefined) return undefined;
  const now = settings.clock.now();
  const { reason: _, response: __, driver: ___, ...state } = stateNow(work, driving);
  if (asked.value.effect === 'done') {
    const { response } = asked.value;
    return { ...state, state: 'succeeded', source: 'recovered', finishedAt: now, ...(response && { response }) };
  }
  // With the doubt it was stored when the last attempt can have left; a doubt that only begins has no such time yet.
  const begins = work.record.state.state !== 'in-doubt';
  const lastSentAt = begins ? lastSendBefore(work, now) : undefined;
  const sent = { ...work.record.state, ...(lastSentAt !== undefined && { lastSentAt }) };
  if (now < noneIsSafeFrom(sent, settings.attemptTimeout, now)) return undefined;
  return { ...state, state: 'discarded', effect: 'none', finishedAt: now };
}

/** A fetch that can only ask: GET and HEAD, the operation's own origin and the trusted ones, with the operation's credentials on its own origin. */
function questions(work: Work, driving: Driving): typeof globalThis.fetch {
  const { settings } = driving;
  const { url: own } = work.record.fixed.request;
  return async (input, init) => {
    const given = input instanceof Request ? input : undefined;
    const method = (init?.method ?? given?.method ?? 'GET').toUpperCase();
    const location = given?.url ?? (input instanceof URL ? input.href : (input as string));
    const url = allowedTarget(location, { kind: 'result', from: own, own, trusted: settings.trustedOrigins });
    if (url === undefined || (method !== 'GET' && method !== 'HEAD')) {
      throw new UsageError(
        'ERR_ONCEWARD_INVALID_OPTION',
        "reconcile's fetch may only ask: GET or HEAD, at the operation's own origin or one of trustedOrigins.",
      );
    }
    const headers = new Headers(init?.headers ?? given?.headers);
    const atHome = new URL(url).origin === new URL(own).origin;
    const credentials = atHome ? await credentialsFor(work, driving, 'attempt') : undefined;
    if (credentials !== undefined && credentials.kind !== 'ready') {
      throw new UsageError('ERR_ONCEWARD_NO_OWNER', "The operation's own credentials are not to be had now.");
    }
    for (const [name, value] of credentials?.headers ?? []) headers.set(name, value);
    return settings.send(url, {
      ...init,
      method,
      headers,
      credentials: atHome ? settings.credentials : 'omit',
      redirect: 'manual',
    });
  };
}
