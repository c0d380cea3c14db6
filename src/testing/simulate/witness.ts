import { keyMargin } from '../../core/key-age.ts';
import { effectOfRecord } from '../../core/operation.ts';
import { isFinished, type JournalRecord, type OperationRecord } from '../../core/record.ts';
import { isOperation } from '../../core/save.ts';
import type { Outcome } from '../../core/types.ts';
import type { JournalImage } from './journal-image.ts';
import type { Life } from './life.ts';
import type { Charge, Server } from './server.ts';
import type { ServerModel } from './server-models.ts';
import type { WireAnswer, WireRequest } from './wire.ts';

/** The promises by their numbers, and two things that only a program can do wrong: call one intent by two names, and fail. */
export type Invariant = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14}` | 'NAME' | 'APP';

/** A promise that did not hold, and where. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** True time, ms since the world began. */
  readonly at: number;
}

/** What is known of one key. */
interface Known {
  readonly cart: string;
  readonly bytes: string;
  /** By how much the wall clock had been set back until then. */
  readonly setBack: number;
  /** Of each life that sent it: by how much between its first send at all and the first one of that life, which has only the wall clock to tell. */
  readonly unseen: Map<Life, number>;
  /** The latest time that its record was durable with, at a send. */
  seen: number;
}

/** What the oracles look at. */
export interface Observed {
  now(): number;
  readonly image: JournalImage;
  readonly server: Server;
  readonly model: ServerModel;
  readonly attemptTimeout: number;
  /** How far the wall clock was set back so far, all jumps together. */
  setBack(): number;
  wall(): number;
  /** The journal may fail in this world. */
  readonly diskFails: boolean;
  identityOf(cart: string): string;
  /** The program may have forgotten what it was done with. */
  readonly forgets: boolean;
  /** The device has this key; where only the image tells, it does. */
  holds(key: string): boolean;
  readonly keyHeader: string;
  /** What a request is about. */
  subject(request: WireRequest): { readonly cart: string };
  reach(what: string): void;
}

/** Never to be found anywhere but in a request. */
export const SECRET = 'credential-5d41402abc';

/** The bytes of clocks that are corrected all the time. */
const CLOCK_TOLERANCE = 60_000;

/** For so long a process may have stood still before others may take it for gone. */
const STANDSTILL = 20_000;

/** The promises I1 to I14, each looked at where it can break. The first one broken is kept: what follows from it says nothing new. */
export class Witness {
  violation: Violation | undefined;
  readonly #of: Observed;
  readonly #keys = new Map<string, Known>();
  /** Who has an exchange under way for a cart. */
  readonly #underWay = new Map<string, { readonly life: Life; readonly since: number }[]>();
  /** Keys of which somebody was told that there was no effect. */
  readonly #none = new Map<string, string>();
  /** Outcomes that never change again, by cart and round. */
  readonly #final = new Map<string, string>();
  /** Carts whose success was durable, by key. */
  readonly #succeeded = new Map<string, string>();
  readonly #reported = new Set<string>();
  readonly #decided = new Set<string>();

  constructor(observed: Observed) {
    this.#of = observed;
  }

  broke(invariant: Invariant, what: string): void {
    this.violation ??= { invariant, what, at: this.#of.now() };
  }

  /** I3, I6: right before the first byte. */
  leaves(life: Life, request: Request): void {
    const key = request.headers.get(this.#of.keyHeader);
    if (key === null) return;
    const record = find(this.#of.image.durable, key);
    if (record === undefined) {
      const written = find(this.#of.image.seen, key) === undefined ? 'not even written' : 'written, not flushed';
      return this.broke('I3', `a request left whose claim is not durable (${written})`);
    }
    if (!this.#of.holds(key)) return this.broke('I3', 'a request left, and its key is not on the device');
    if (record.state.dispatchedAt === undefined) {
      return this.broke('I3', 'a request left whose dispatch mark is not durable');
    }
    const known = this.#keys.get(key);
    const firstSeen = this.#of.server.firstSeen(key);
    // What was refused before the server saw it has no age: its mark was taken back, and it begins anew at whatever time it is.
    const seen = Math.max(record.state.lastSeenAt, firstSeen === undefined ? 0 : (known?.seen ?? 0));
    if (this.#of.wall() < seen - CLOCK_TOLERANCE) {
      this.broke('I6', 'a request left though the clock of its operation went back');
    }
    if (known === undefined) return;
    known.seen = seen;
    // From when the server has seen it: before, nothing can expire.
    if (firstSeen === undefined) return;
    const age = this.#of.now() - firstSeen;
    const { lifetime } = this.#of.model;
    const slack = CLOCK_TOLERANCE + (known.unseen.get(life) ?? this.#of.setBack() - known.setBack);
    if (age >= lifetime - keyMargin(lifetime) - this.#of.attemptTimeout + slack) {
      this.broke('I6', `a request left with a key of age ${age} ms; the server keeps it ${lifetime} ms`);
    }
  }

  /** I4, I8, I9, I14: with its bytes. */
  left(life: Life, request: WireRequest): void {
    const { key } = request;
    if (key === undefined) return;
    const { cart } = this.#of.subject(request);
    const { authorization: _, ...headers } = request.headers;
    const bytes = `${request.method} ${request.url} ${JSON.stringify(headers)} ${request.body}`;
    const known = this.#keys.get(key);
    if (known === undefined) {
      const setBack = this.#of.setBack();
      this.#keys.set(key, { cart, bytes, setBack, unseen: new Map([[life, 0]]), seen: 0 });
      const before = this.#succeeded.get(cart);
      if (before !== undefined && before !== key)
        this.broke('I14', `${cart} had succeeded, and was sent again with another key`);
    } else if (known.cart !== cart) this.broke('I9', `${cart} was sent with the key of ${known.cart}`);
    else if (known.bytes !== bytes) this.broke('I4', `${cart} was sent with other bytes under the same key`);
    if (known !== undefined && !known.unseen.has(life)) known.unseen.set(life, this.#of.setBack() - known.setBack);
    this.#begin(life, cart);
  }

  #begin(life: Life, cart: string): void {
    const underWay = this.#underWay.get(cart) ?? [];
    this.#underWay.set(cart, underWay);
    const now = this.#of.now();
    for (const other of underWay) {
      if (
        other.life === life ||
        other.life.dead ||
        stoodStill(other.life, other.since) ||
        stoodStill(life, other.since)
      )
        continue;
      this.broke('I8', `${life.name} and ${other.life.name} had an exchange under way for ${cart} at once`);
    }
    underWay.push({ life, since: now });
  }

  ended(life: Life, request: WireRequest): void {
    if (request.key === undefined) return;
    const { cart } = this.#of.subject(request);
    const underWay = this.#underWay.get(cart);
    const at = underWay?.findIndex((one) => one.life === life) ?? -1;
    if (at >= 0) underWay?.splice(at, 1);
  }

  /** I1, I7: at the moment of the effect. */
  charged(charge: Charge, first: { readonly at: number }): void {
    const { model, server, reach } = this.#of;
    const { key, cart } = charge;
    const same = server.charges.filter((one) => one.key === key).length;
    const tolerated =
      (!model.atomic && 'beyond the promise: a careless server') ||
      (charge.at - first.at >= model.lifetime &&
        charge.sentAt - first.at < model.lifetime &&
        'beyond the promise: a copy that came after the lifetime') ||
      (Math.max(...(this.#keys.get(key)?.unseen.values() ?? [])) > 0 &&
        charge.at - first.at >= model.lifetime &&
        'beyond the promise: a clock was set back while nobody ran') ||
      (this.#decided.has(key) && 'beyond the promise: a copy that came after a person had decided') ||
      undefined;
    if (same > 1) {
      if (tolerated !== undefined) reach(tolerated);
      else this.broke('I1', `${cart} was charged ${same} times under one key`);
    }
    const claimed = this.#none.get(key);
    if (claimed !== undefined) {
      if (tolerated !== undefined) reach(tolerated);
      else this.broke('I7', `${cart} was told as ${claimed}, and charged afterwards`);
    }
    const keys = new Set(server.charges.filter((one) => one.cart === cart).map((one) => one.key));
    if (keys.size > 1 && ![...keys].some((one) => this.#decided.has(one))) {
      this.broke('I1', `${cart} was charged under ${keys.size} keys`);
    }
  }

  /** A person is about to say of this key that nothing happened, and it is true so far. */
  decidedNone(hint: string, cart: string): void {
    const key = this.#keyLike(hint, cart);
    if (key !== undefined) this.#decided.add(key);
  }

  /** I2, I7, I11: what an application is told. */
  reported(life: Life, cart: string, outcome: Outcome): void {
    if (life.dead) return;
    const { operation, status, persisted } = outcome;
    const { image, reach, diskFails } = this.#of;
    const record = image.durable.get(this.#of.identityOf(operation.id));
    this.#told(outcome);
    if (status === 'pending') return;
    this.#reported.add(operation.id);
    if (!persisted) {
      reach('reported, not persisted');
      if (!diskFails) this.broke('I11', `${cart} was reported as not persisted by a journal that works`);
    } else if (
      record?.fixed.kind === 'operation' &&
      record.fixed.round === operation.round &&
      record.state?.state !== status
    ) {
      // A later life of the name, or the true outcome of what was discarded.
      if (record.fixed.key.startsWith(operation.keyHint) && status !== 'discarded' && status !== 'in-doubt')
        this.broke(
          'I11',
          `${cart} was reported as ${status}; what is durable says ${record.state?.state ?? 'nothing'}`,
        );
    } else if (record === undefined) this.broke('I11', `${cart} was reported as ${status}; nothing of it is durable`);
    const key = this.#keyLike(operation.keyHint, cart);
    if (status === 'succeeded') this.#succeededAs(cart, key, outcome);
    if (outcome.effect === 'none' && key !== undefined) this.#claimedNone(cart, key, status);
    if (status === 'succeeded' || status === 'rejected')
      this.#isFinal(`${cart} round ${operation.round} ${operation.keyHint}`, status);
  }

  #told(outcome: Outcome): void {
    const { reach } = this.#of;
    if (outcome.status === 'pending') reach(`pending: ${outcome.waiting}`);
    else if (outcome.status === 'succeeded' || outcome.status === 'rejected')
      reach(`outcome: ${outcome.status}, ${outcome.source}`);
    else reach(`outcome: ${outcome.status}, ${outcome.effect}`);
    if (outcome.status === 'in-doubt') reach(`in doubt: ${outcome.reason}`);
  }

  #succeededAs(cart: string, key: string | undefined, { operation, ...outcome }: Outcome): void {
    const { server, model } = this.#of;
    const charges = server.charges.filter((one) => one.cart === cart && (key === undefined || one.key === key));
    if (charges.length === 0) return this.broke('I2', `${cart} was reported as succeeded, and was never charged`);
    if (charges.length > 1 && model.atomic && operation.round === 1)
      this.#of.reach('succeeded with two effects, beyond the promise');
    if (key !== undefined) this.#succeeded.set(cart, key);
    const response = 'response' in outcome ? outcome.response : undefined;
    if (
      response === undefined ||
      response.body.length === 0 ||
      outcome.status !== 'succeeded' ||
      outcome.source === 'recovered'
    )
      return;
    const body = new TextDecoder().decode(response.body);
    const answers = [...server.answered].flatMap(([of, all]) => (key === undefined || of === key ? all : []));
    if (!answers.some((answer) => answer.status === response.status && answer.body === body)) {
      this.broke(
        'I2',
        `${cart} was reported as succeeded with an answer that the server never gave: ${response.status} ${body}`,
      );
    }
  }

  #claimedNone(cart: string, key: string, status: string): void {
    this.#none.set(key, status);
    if (this.#of.server.charges.some((charge) => charge.key === key)) {
      this.broke('I7', `${cart} was told as ${status} with no effect, and had been charged`);
    }
  }

  #isFinal(what: string, status: string): void {
    const before = this.#final.get(what);
    if (before !== undefined && before !== status) this.broke('I11', `${what} was ${before}, and is now ${status}`);
    this.#final.set(what, status);
  }

  /** I12: what could not be stored is not sent; and what is under way is not called unsent. */
  refused(life: Life, cart: string): void {
    if (this.#underWay.get(cart)?.some((one) => one.life === life) !== true) return;
    this.broke('I12', `${cart} was refused by the journal, with effect none, and ${life.name} has sent it`);
  }

  /** I5: what a start hands out, against what was durable then. */
  resumed(names: ReadonlySet<string>, before: readonly JournalRecord[]): void {
    for (const record of before) {
      if (!isOperation(record) || this.#of.image.uncertain.has(record.identity)) continue;
      const { id } = record.fixed;
      const ended = isFinished(record.state);
      const owed = !ended || (!this.#reported.has(id) && effectOfRecord(record) !== undefined && !isDiscarded(record));
      if (owed && !names.has(id)) {
        this.broke(
          'I5',
          `${id} is ${record.state.state}${ended ? ', nobody was told' : ''}, and a start did not hand it out`,
        );
      }
    }
    const stored = new Set(
      [...before, ...this.#records()].flatMap((record) => (isOperation(record) ? [record.fixed.id] : [])),
    );
    for (const name of names)
      if (!stored.has(name)) this.broke('I5', `a start handed out ${name}, which nobody had stored`);
  }

  /** I5, I7, I13: when nothing more will happen. */
  finish(told: readonly string[]): void {
    for (const [key, status] of this.#none) {
      if (this.#decided.has(key) || !this.#of.server.charges.some((charge) => charge.key === key)) continue;
      if (this.#of.model.atomic) this.broke('I7', `a round was told as ${status} with no effect, and was charged`);
    }
    this.#books();
    for (const { cart } of this.#keys.values()) {
      if (!this.#of.forgets && !this.#records().some((record) => isAbout(record, cart)))
        this.broke('I5', `${cart} was sent, and is nowhere in the journal`);
    }
    const texts = [...told, ...this.#records().map((record) => JSON.stringify(record))];
    if (texts.some((text) => text.includes(SECRET)))
      this.broke('I13', 'a credential is in the journal, in an error or in an outcome');
  }

  /** I2, I7: what the journal says in the end, against the books of the server. */
  #books(): void {
    const { server, model } = this.#of;
    for (const { fixed, state } of this.#records()) {
      if (state.tombstone === true || this.#decided.has(fixed.key)) continue;
      const charged = server.charges.some(({ key }) => key === fixed.key);
      if (state.state === 'succeeded' && state.source !== 'recovered' && !charged)
        this.broke('I2', `${fixed.id} is stored as succeeded, and was never charged`);
      if ((state.state === 'rejected' || state.state === 'not-sent') && charged && model.atomic)
        this.broke('I7', `${fixed.id} is stored as ${state.state}, and was charged`);
    }
  }

  #records(): OperationRecord[] {
    return [...this.#of.image.seen.values()].filter(isOperation);
  }

  /** An answer comes back to the client. */
  arrives(answer: WireAnswer): void {
    if (answer.headers['idempotent-replayed'] === 'true') this.#of.reach('network: a replay');
  }

  #keyLike(hint: string, cart: string): string | undefined {
    // Of what was collected no key is left.
    if (hint.length < 8) return undefined;
    for (const [key, known] of this.#keys) if (known.cart === cart && key.startsWith(hint)) return key;
    return undefined;
  }
}

function stoodStill(life: Life, since: number): boolean {
  return life.pauses.some(({ from, to }) => to >= since && to - from >= STANDSTILL);
}

function isDiscarded({ state }: OperationRecord): boolean {
  return state.state === 'discarded';
}

/** What is left of an operation without a name does not say what it was for. */
function isAbout({ fixed, state }: OperationRecord, cart: string): boolean {
  const nameless = state.tombstone === true && fixed.id.startsWith('anonymous/');
  return nameless || fixed.id.endsWith(cart) || (fixed.meta as { readonly cart?: string } | undefined)?.cart === cart;
}

function find(records: ReadonlyMap<string, JournalRecord>, key: string): OperationRecord | undefined {
  for (const record of records.values()) if (isOperation(record) && record.fixed.key === key) return record;
  return undefined;
}
