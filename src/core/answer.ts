import { decodeText } from './text.ts';

/** What one attempt brought back, as plain data: rules see nothing else. */
export type Answer =
  | {
      readonly kind: 'response';
      /** 0 for a browser's opaque redirect. */
      readonly status: number;
      /** Lower-case names. */
      readonly headers: readonly (readonly [string, string])[];
      readonly body: Uint8Array<ArrayBuffer>;
    }
  /** fetch was called and gave no whole response: refused, reset, timed out, aborted, cut short. The effect is possible, whatever the error says. */
  | { readonly kind: 'failure'; readonly code: string };

export type ResponseAnswer = Extract<Answer, { kind: 'response' }>;

/** A header by lower-case name. */
export function headerOf(answer: ResponseAnswer, name: string): string | undefined {
  return answer.headers.find(([header]) => header === name)?.[1];
}

/** The media type alone, lower case; '' where there is none. */
export function mediaType(answer: ResponseAnswer): string {
  return (headerOf(answer, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

export function isJson(type: string): boolean {
  return /[/+]json$/.test(type);
}

const parsed = new WeakMap<ResponseAnswer, { readonly json: unknown }>();

/** The parsed body where its type says JSON and it parses; undefined else. Parsed once: every rule that looks asks for it. */
export function jsonOf(answer: ResponseAnswer): unknown {
  let known = parsed.get(answer);
  if (known === undefined) parsed.set(answer, (known = { json: parse(answer) }));
  return known.json;
}

function parse(answer: ResponseAnswer): unknown {
  if (!isJson(mediaType(answer)) || answer.body.length === 0) return undefined;
  try {
    return JSON.parse(decodeText(answer.body));
  } catch {
    return undefined;
  }
}
