import { type Answer, jsonOf } from './answer.ts';
import { members } from './match-rule.ts';
import type { Recovery } from './profile.ts';
import type { OperationPart } from './record.ts';

/** Where the result can be read; undefined where the answer names no resource. */
export function recoveryUrl(
  { url, pointer }: Recovery,
  { request, key }: Pick<OperationPart, 'request' | 'key'>,
  answer: Answer | undefined,
): string | undefined {
  const { pathname } = new URL(request.url);
  const id = pointer !== undefined && answer?.kind === 'response' ? members(jsonOf(answer), pointer)[0] : undefined;
  if (pointer !== undefined && typeof id !== 'string' && typeof id !== 'number') return undefined;
  const values: Readonly<Record<string, string>> = {
    path: pathname,
    parent: pathname.slice(0, pathname.lastIndexOf('/')),
    key: encodeURIComponent(key),
    pointer: encodeURIComponent(String(id)),
  };
  return new URL(
    url.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
    request.url,
  ).href;
}
