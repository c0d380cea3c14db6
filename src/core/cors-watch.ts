import { corsHint, type Ended, looksLikeCors, noted, type Reach, UNKNOWN_REACH } from './cors-hint.ts';
import type { Clock } from './ports.ts';
import type { ProfileData } from './profile.ts';

export interface CorsWatchOptions {
  /** The page's address; undefined where there is no page. */
  readonly base: string | undefined;
  readonly clock: Clock;
  online(): boolean;
  /** Says it once per origin, where a developer looks. */
  warn(message: string): void;
}

type Fetch = typeof globalThis.fetch;

/** Notices when a page's requests to another origin never get an answer because of missing CORS headers: the first thing that goes wrong for a page
 *  that sends a header of its own, and one that a browser tells no program. Shared by all operations of a client. */
export class CorsWatch {
  readonly #options: CorsWatchOptions;
  readonly #page: string | undefined;
  readonly #reach = new Map<string, Reach>();
  readonly #hints = new Map<string, string>();

  constructor(options: CorsWatchOptions) {
    this.#options = options;
    this.#page = options.base === undefined ? undefined : new URL(options.base).origin;
  }

  /** The same fetch, watched. */
  watched(send: Fetch, profile: ProfileData): Fetch {
    const page = this.#page;
    if (page === undefined) return send;
    return async (input, init) => {
      const { origin } = new URL(isRequest(input) ? input.url : input, page);
      const { clock, online } = this.#options;
      const started = clock.monotonic();
      // Called before anything is awaited: the gate has just said yes.
      const sent = send(input, init);
      if (origin === page) return sent;
      try {
        const response = await sent;
        this.#note(origin, { kind: 'answered' });
        return response;
      } catch (error) {
        const ended = { kind: 'failed', error, ms: clock.monotonic() - started, online: online() } as const;
        if (this.#note(origin, ended)) {
          const { method, credentials, headers } = isRequest(input) ? input : new Request(input, init);
          const withCookies = credentials === 'include';
          this.#say(corsHint({ page, origin, method, headerNames: [...headers.keys()], withCookies, profile }), origin);
        }
        throw error;
      }
    };
  }

  /** What to do about it, for the errors of an operation that goes to `url`; undefined where nothing looks like it. */
  hintFor(url: string): string | undefined {
    if (this.#hints.size === 0) return undefined;
    // Of a tombstone no address is left.
    return URL.canParse(url) ? this.#hints.get(new URL(url).origin) : undefined;
  }

  /** Whether it is now that it begins to look like it. */
  #note(origin: string, ended: Ended): boolean {
    const before = this.#reach.get(origin) ?? UNKNOWN_REACH;
    const reach = noted(before, ended);
    this.#reach.set(origin, reach);
    if (reach.answered) this.#hints.delete(origin);
    return looksLikeCors(reach) && !looksLikeCors(before);
  }

  #say(hint: string, origin: string): void {
    this.#hints.set(origin, hint);
    this.#options.warn(hint);
  }
}

function isRequest(input: Parameters<Fetch>[0]): input is Request {
  return typeof input === 'object' && 'headers' in input;
}
