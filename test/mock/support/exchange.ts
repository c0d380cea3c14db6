import type { Profile } from '../../../src/core/profile.ts';
import { carry } from '../../profiles/support/carry.ts';
import type { Order } from './behaviour.ts';

/** What a server has to offer to be looked at. */
export interface Target {
  readonly profile: Profile;
  url: string;
  /** One that honours keys, and takes an `Order`. */
  readonly path: string;
  /** How a repeat is answered while the first request runs. */
  readonly inProgress: 'conflict' | 'accepted';
  /** Which errors are kept under their key, by status. */
  readonly keepsErrors: Readonly<Record<number, boolean>>;
  /** How often this has happened. */
  effects(name: string): Promise<number>;
  /** Lets a handler go on that holds. */
  release(name: string): void;
  /** Moves the server's clock. */
  advance?(ms: number): Promise<void>;
  /** Ends the server without a word, and starts it again.
   *  @returns where it is now */
  restart?(): Promise<string>;
}

/** All of an answer that a repeat has to repeat. */
export interface Whole {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

export interface Sending {
  /** null: without one. */
  readonly key: string | null;
  readonly order: Order;
  readonly tenant?: string;
}

/** Headers of the connection, and the time. */
const PASSING: ReadonlySet<string> = new Set([
  'date',
  'connection',
  'keep-alive',
  'content-length',
  'transfer-encoding',
]);

/** What is sent to one server, and what came back. */
export class Exchange {
  readonly target: Target;
  readonly #sentAt = new Map<string, number>();
  #advanced = 0;

  constructor(target: Target) {
    this.target = target;
  }

  async send(sending: Sending): Promise<Whole> {
    return whole(await this.open(sending));
  }

  open({ key, order, tenant }: Sending): Promise<Response> {
    const { profile, url, path } = this.target;
    // Where the time of the first send goes with the key it is the same every time.
    const sentAt = this.#sentAt.get(`${key} ${tenant}`) ?? Date.now() + this.#advanced;
    this.#sentAt.set(`${key} ${tenant}`, sentAt);
    const init = carry(profile, key, order, sentAt);
    const headers = new Headers(init.headers);
    if (tenant !== undefined) headers.set('authorization', `Bearer ${tenant}`);
    return fetch(`${url}${path}`, { ...init, headers, redirect: 'manual' });
  }

  async advance(ms: number): Promise<void> {
    this.#advanced += ms;
    await this.target.advance?.(ms);
  }

  /** An answer without what marks it as a replay. */
  unmarked({ status, headers, body }: Whole): Whole {
    const marker = this.target.profile.data.replay?.header.toLowerCase();
    return { status, headers: headers.filter(([name]) => name !== marker), body };
  }

  /** Whether the answer carries this API's mark of a replay; undefined where it has none. */
  marked({ headers }: Whole): boolean | undefined {
    const marker = this.target.profile.data.replay;
    if (marker === undefined) return undefined;
    return headers.some(([name, value]) => name === marker.header.toLowerCase() && value === marker.equals);
  }
}

export async function whole(response: Response): Promise<Whole> {
  const body = Buffer.from(await response.arrayBuffer()).toString('hex');
  return { status: response.status, headers: [...response.headers].filter(([name]) => !PASSING.has(name)), body };
}
