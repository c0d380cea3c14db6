import { cardField, jsonFields } from './card-data.ts';
import { UsageError } from './errors/usage-error.ts';
import { refuseSecretsInUrl, storableHeaders } from './header-rules.ts';
import { encodeMultipart } from './multipart.ts';
import type { StoredRequest } from './record.ts';
import { decodeText, encodeText } from './text.ts';
import type { CallOptions } from './types.ts';

/** Bodies are kept in the journal, whole: 1 MiB. */
const LARGEST_BODY = 1024 * 1024;

/** Methods without an effect need no key; CONNECT, TRACE and TRACK are refused by fetch itself. */
const NO_EFFECT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'TRACK']);

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const TEXT = 'text/plain;charset=UTF-8';

const PLAIN_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const OWN_TYPES: ReadonlySet<string> = new Set([JSON_TYPE, TEXT, `${FORM};charset=UTF-8`]);

type Pair = readonly [string, string];
type FreezeOptions = Pick<CallOptions, 'json' | 'body' | 'headers' | 'searchParams'>;
type Fields = Iterable<readonly [string, unknown]>;

interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string | undefined;
}

/** A body on its way to bytes. What could change under us is copied before the first await. */
interface Body {
  /** A function where they have to be read first. */
  readonly content: Content | (() => Promise<Content>);
  /** The content type cannot be the caller's: it names our boundary. */
  readonly ownType?: true;
  readonly fields?: Fields;
}

export interface FreezeInput {
  readonly method: string;
  readonly url: string | URL;
  readonly options: FreezeOptions;
  readonly baseUrl: URL | undefined;
  readonly headers: HeadersInit | undefined;
  readonly storable: ReadonlySet<string>;
}

/** Makes a request that goes out the same on every attempt (I4). Everything it refuses is refused here, before anything is stored:
 *  it ends by building one real Request from the frozen parts.
 *  The caller's objects are read synchronously: what is done to them afterwards changes nothing.
 *  @throws UsageError */
export function freezeRequest(input: FreezeInput): () => Promise<StoredRequest> {
  const method = frozenMethod(input.method);
  const url = frozenUrl(input);
  const general = storableHeaders(input.headers, input.storable);
  const own = storableHeaders(input.options.headers, input.storable);
  const headers = general.length + own.length === 0 ? [] : sorted([...new Map([...general, ...own])]);
  const body = readBody(input.options);
  return async () => {
    const { bytes, contentType } =
      (typeof body?.content === 'function' ? await readable(body.content) : body?.content) ?? {};
    if (bytes && bytes.length > LARGEST_BODY) {
      throw invalidBody(
        `is ${bytes.length} bytes long; ${LARGEST_BODY} is the limit, because it is kept in the journal`,
      );
    }
    const typed = withContentType(headers, contentType, body?.ownType);
    if (url.search !== '') refuseCardData(url.searchParams);
    refuseCardData(body?.fields ?? fieldsOf(bytes, typed.find(([name]) => name === 'content-type')?.[1]));
    const request: StoredRequest = { method, url: url.href, headers: typed, ...(bytes && { body: bytes }) };
    if (!isPlain(method, contentType)) tryOut(request);
    return request;
  };
}

function frozenMethod(given: string): string {
  const method = typeof given === 'string' ? given.toUpperCase() : '';
  if (method !== '' && !NO_EFFECT.has(method)) return method;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    method === ''
      ? 'The method is missing: name it, like POST.'
      : `${method} has no effect that could happen twice: send it with plain fetch.`,
  );
}

function frozenUrl({ url: given, baseUrl, options }: FreezeInput): URL {
  let url: URL;
  try {
    url = new URL(given, baseUrl);
  } catch {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      baseUrl === undefined
        ? 'The URL is not absolute, and createClient was given no baseUrl.'
        : 'The URL cannot be resolved against baseUrl.',
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `The URL must be http or https, not ${url.protocol}`);
  }
  if (options.searchParams !== undefined && options.searchParams !== null) {
    for (const [name, value] of readParams(options.searchParams)) url.searchParams.append(name, value);
  }
  if (url.href.includes('#')) url.hash = '';
  refuseSecretsInUrl(url);
  return url;
}

/** Only what the type allows: of a URLSearchParams nothing would be read, and an undefined would go out as a word. */
function readParams(params: object): Pair[] {
  const above: unknown = Object.getPrototypeOf(params);
  const plain = above === null || Object.getPrototypeOf(above) === null;
  const entries = Object.entries(params) as [string, unknown][];
  const wrong = entries.find(([, value]) => !/^(string|boolean)$/.test(typeof value) && !Number.isFinite(value));
  if (plain && wrong === undefined) return entries.map(([name, value]) => [name, String(value)]);
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    wrong === undefined || !plain
      ? 'searchParams must be a plain object of strings, numbers and booleans.'
      : `searchParams: ${wrong[0]} must be a string, a number or a boolean, not ${wrong[1] === null ? 'null' : typeof wrong[1]}.`,
  );
}

function readBody({ json, body }: FreezeOptions): Body | undefined {
  if (json !== undefined && body !== undefined && body !== null) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      'json and body cannot both be given: one request has one body.',
    );
  }
  if (json !== undefined) {
    const text = toJson(json);
    return { ...textBody(text, JSON_TYPE), fields: jsonFields(JSON.parse(text)) };
  }
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return textBody(body, TEXT);
  if (body instanceof URLSearchParams) {
    const text = body.toString();
    return { ...textBody(text, `${FORM};charset=UTF-8`), fields: new URLSearchParams(text) };
  }
  if (body instanceof FormData) {
    const entries = [...body.entries()] as [string, string | Blob][];
    return { content: () => encodeMultipart(entries), ownType: true, fields: entries };
  }
  if (body instanceof Blob) {
    return {
      content: async () => ({ bytes: new Uint8Array(await body.arrayBuffer()), contentType: body.type || undefined }),
    };
  }
  const copy = copyBuffer(body);
  if (copy) return { content: { bytes: copy, contentType: undefined } };
  throw invalidBody(
    body instanceof ReadableStream || (typeof body === 'object' && Symbol.asyncIterator in body)
      ? 'is a stream, which can be sent only once. Read it into a string, Blob or buffer first'
      : 'is none of string, Blob, FormData, URLSearchParams and buffers. For JSON use the option json',
  );
}

function textBody(text: string, contentType: string): Body {
  return { content: { bytes: encodeText(text), contentType } };
}

function copyBuffer(body: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (ArrayBuffer.isView(body))
      return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength).slice();
    // A buffer of another realm is no instance of ours; slice() tells it from what only calls itself one.
    return new Uint8Array(ArrayBuffer.prototype.slice.call(body as ArrayBuffer, 0));
  } catch {
    return undefined;
  }
}

/** A file may be gone or changed by now; the platform's own error could name it. */
async function readable(read: () => Promise<Content>): Promise<Content> {
  try {
    return await read();
  } catch {
    throw invalidBody('holds a file that cannot be read');
  }
}

function toJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    throw invalidBody('given as json cannot be written as JSON: it is circular, or holds a BigInt');
  }
  if (text === undefined) throw invalidBody('given as json is a function or a symbol, which JSON cannot say');
  return text;
}

/** By name: what is asked for twice is the same request, wherever its headers stood. */
function sorted(headers: readonly Pair[]): readonly Pair[] {
  return headers.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function withContentType(
  headers: readonly Pair[],
  contentType: string | undefined,
  own: true | undefined,
): readonly Pair[] {
  const rest = headers.filter(([name]) => name !== 'content-type');
  if (contentType === undefined || (rest.length < headers.length && !own)) return headers;
  return sorted([...rest, ['content-type', contentType] as const]);
}

/** Text that says it is JSON or a form is read as such: a hand-made string holds the same fields. */
function fieldsOf(bytes: Uint8Array | undefined, contentType: string | undefined): Fields {
  if (bytes === undefined || contentType === undefined) return [];
  const text = () => decodeText(bytes);
  if (contentType.toLowerCase().startsWith(FORM)) return new URLSearchParams(text());
  if (!/[/+]json\b/i.test(contentType)) return [];
  try {
    return jsonFields(JSON.parse(text()));
  } catch {
    return [];
  }
}

function refuseCardData(fields: Fields): void {
  const field = cardField(fields);
  if (field === undefined) return;
  throw new UsageError(
    'ERR_ONCEWARD_CARD_DATA',
    `The field ${field} holds card data, and bodies are kept in the journal. Tokenise the card at your payment provider and send the token.`,
  );
}

/** What every fetch takes: the URL, and the headers the caller gave, have been through the platform's own parsers by now. Only a method or a
 *  content type that is neither of these could still be refused. */
function isPlain(method: string, contentType: string | undefined): boolean {
  return PLAIN_METHODS.has(method) && (contentType === undefined || OWN_TYPES.has(contentType));
}

/** Whatever fetch would refuse at the send is refused now. Its own message could print a value. */
function tryOut(request: StoredRequest): void {
  try {
    new Request(request.url, {
      method: request.method,
      headers: request.headers.map(([name, value]) => [name, value]),
      ...(request.body && { body: request.body }),
    });
  } catch {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      `fetch refuses this request: its method (${request.method.slice(0, 20)}) or a header is not valid in HTTP.`,
    );
  }
}

function invalidBody(what: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_BODY', `The body ${what}.`);
}
