import type { JsonMatch, ProfileData } from '../core/profile.ts';
import { recoveryUrl } from '../core/recovery.ts';
import type { Json } from '../core/types.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import type { Arrival } from './arrival.ts';
import { readableBody } from './request-body.ts';

/** What an execution under a key has made. */
interface Resource {
  readonly tenant: string;
  readonly key: string;
  /** Where it can be read, as path and query. */
  readonly at: string;
  readonly answer: Answer;
}

/** What was made under keys, readable where the profile's `recover` says so. It outlives the keys: those are forgotten, a payment is not. */
export class Resources {
  readonly #recover: ProfileData['recover'];
  readonly #repeat: (answer: Answer, key: string) => Answer;
  readonly #all: Resource[] = [];

  /** @param repeat what a repeat of the request is answered: where the profile's pointer stands */
  constructor({ recover }: ProfileData, repeat: (answer: Answer, key: string) => Answer) {
    this.#recover = recover;
    this.#repeat = repeat;
  }

  add({ method, url, tenant }: Pick<Arrival, 'method' | 'url' | 'tenant'>, key: string, answer: Answer): void {
    if (this.#recover === undefined || answer.status >= 300) return;
    const { status, headers, body } = this.#repeat(answer, key);
    const location = recoveryUrl(
      this.#recover,
      { request: { method, url: url.href, headers: [] }, key },
      { kind: 'response', status, headers, body },
    );
    if (location !== undefined) this.#all.push({ tenant, key, at: whereIn(new URL(location)), answer });
  }

  /** The answer to a GET that no route of the user takes; undefined where there is nothing. */
  read({ method, url, tenant }: Arrival): Answer | undefined {
    if (this.#recover === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
    const found = this.#all.find((one) => one.tenant === tenant && one.at === whereIn(url));
    const list = listIn(this.#recover.accept.json);
    const { name } = /[?&](?<name>[^=&]+)=\{key\}/.exec(this.#recover.url)?.groups ?? {};
    if (name !== undefined && list !== undefined) {
      return url.searchParams.has(name)
        ? jsonAnswer(200, { [list]: found ? [this.#resourceOf(found)] : [] })
        : undefined;
    }
    return found && { ...found.answer, status: 200 };
  }

  /** With its key, where the profile says that a resource shows it. */
  #resourceOf({ key, answer }: Resource): Json {
    const stored = readableBody(answer.body, 'application/json');
    const member = this.#recover?.keyAt?.split('.').at(-1);
    const isObject = typeof stored === 'object' && !Array.isArray(stored);
    return member === undefined || !isObject ? stored : Object.assign({}, stored, { [member]: key });
  }
}

function whereIn({ pathname, search }: URL): string {
  return `${pathname}${search}`;
}

/** The member that holds the list: `data` of `data.*.id`, or of `data.0`. */
function listIn(json: ProfileData['rules'][number]['when']['json']): string | undefined {
  const [first] = [json ?? []].flat() as readonly JsonMatch[];
  return first && /^([^.]+)\./.exec(first.path)?.[1];
}
