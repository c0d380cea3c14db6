import { UsageError } from './errors/usage-error.ts';
import { recordedHeaders } from './header-rules.ts';
import type { RecordedResponse } from './record.ts';
import type { Verdict } from './types.ts';

/** What a person decided, checked: a misspelt effect must not pass for 'none', which frees the name.
 *  @throws UsageError */
export async function readVerdict(
  verdict: Verdict,
  storable: ReadonlySet<string>,
): Promise<{ readonly effect: Verdict['effect']; readonly response?: RecordedResponse }> {
  const effect = verdict?.effect;
  if (effect !== 'done' && effect !== 'none') {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      "A verdict says { effect: 'done' } (it happened) or { effect: 'none' } (it did not, and will not).",
    );
  }
  if (effect === 'none' || verdict.response === undefined) return { effect };
  const { status, headers } = verdict.response;
  const body = await bytesOf(verdict.response);
  return { effect, response: { status, headers: recordedHeaders([...headers], storable), body } };
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // The caller keeps its own.
    return new Uint8Array(await response.clone().arrayBuffer());
  } catch {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_BODY',
      'The response of the verdict cannot be read: it was read before, or its connection broke. Hand in response.clone().',
    );
  }
}
