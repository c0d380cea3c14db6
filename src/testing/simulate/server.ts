import type { Kernel } from './kernel.ts';
import type { Seeded } from './seeded.ts';
import type { ServerModel } from './server-models.ts';
import { jsonAnswer, type WireAnswer, type WireRequest } from './wire.ts';

/** A request that has come to the server, and when the client let it go, in true time. */
export interface Copy {
  readonly request: WireRequest;
  readonly sentAt: number;
  /** Undefined: the connection breaks. */
  readonly answer: (answer: WireAnswer | undefined) => void;
  readonly crash?:
    | { readonly point: 'before-effect' | 'before-store' | 'after-store'; readonly ms: number }
    | undefined;
}

/** What a request wants charged, and what for a kind of customer wants it. */
export interface Subject {
  readonly cart: string;
  readonly kind: string;
}

/** What a customer was charged for. */
export interface Charge {
  readonly key: string;
  readonly cart: string;
  readonly at: number;
  readonly sentAt: number;
}

interface Entry {
  readonly request: WireRequest;
  readonly firstSeen: number;
  answer: WireAnswer | undefined;
  readonly waiting: ((answer: WireAnswer | undefined) => void)[];
}

/** Told of what a server does at the moment it does it. */
export interface ServerWitness {
  /** What a request is about. */
  subject(request: WireRequest): Subject;
  charged(charge: Charge, first: { readonly at: number }): void;
  reach(what: string): void;
}

const PROBLEM = { 'content-type': 'application/problem+json' };

/** A server that charges carts, once for each key as its model has it. Effects are counted where they become durable. */
export class Server {
  readonly charges: Charge[] = [];
  /** What was answered in the end, by key. */
  readonly answered: Map<string, WireAnswer[]> = new Map<string, WireAnswer[]>();
  readonly #entries = new Map<string, Entry>();
  readonly #firstSeen = new Map<string, number>();
  readonly #declined = new Map<string, string>();
  readonly #model: ServerModel;
  readonly #kernel: Kernel;
  readonly #draw: Seeded;
  readonly #witness: ServerWitness;
  #downUntil = 0;
  #life = 0;

  constructor(model: ServerModel, kernel: Kernel, draw: Seeded, witness: ServerWitness) {
    this.#model = model;
    this.#kernel = kernel;
    this.#draw = draw;
    this.#witness = witness;
  }

  /** When a key came in for the first time. */
  firstSeen(key: string): number | undefined {
    return this.#firstSeen.get(key);
  }

  receive(copy: Copy): void {
    const { request, answer } = copy;
    const { now } = this.#kernel;
    if (now < this.#downUntil) return answer(undefined);
    if (request.method === 'GET') return answer(this.#status(request));
    const { key } = request;
    if (key === undefined) return answer(this.#says('missingKey'));
    const known = this.#entries.get(key);
    if (known !== undefined && now - known.firstSeen >= this.#model.lifetime) {
      this.#witness.reach('server: a key expired');
      this.#entries.delete(key);
    }
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#begin(key, copy);
    if (entry.request.body !== request.body || entry.request.url !== request.url) {
      this.#witness.reach('server: key mismatch');
      return answer(this.#says('mismatch'));
    }
    if (entry.answer !== undefined) {
      this.#witness.reach('server: replay');
      return answer(this.#replayed(entry.answer));
    }
    this.#witness.reach(`server: in progress, ${this.#model.inProgress}`);
    if (this.#model.inProgress === 'wait') entry.waiting.push(answer);
    else answer(this.#model.inProgress === 'conflict' ? this.#says('inProgress') : accepted(key));
  }

  /** Loses what a dying process loses: what is under way, and who waits. */
  crash(ms: number): void {
    this.#witness.reach('server: crash');
    this.#life++;
    this.#downUntil = this.#kernel.now + ms;
    for (const [key, { answer, waiting }] of this.#entries) {
      for (const tell of waiting) tell(undefined);
      if (answer === undefined) this.#entries.delete(key);
    }
  }

  #begin(key: string, copy: Copy): void {
    const { now } = this.#kernel;
    const entry: Entry = { request: copy.request, firstSeen: now, answer: undefined, waiting: [copy.answer] };
    this.#entries.set(key, entry);
    if (!this.#firstSeen.has(key)) this.#firstSeen.set(key, now);
    if (this.#model.inProgress === 'accepted') {
      entry.waiting.pop();
      copy.answer(accepted(key));
    }
    const life = this.#life;
    const { crash } = copy;
    this.#kernel.after(this.#draw.whole(1, this.#model.slowest), undefined, () => {
      if (life !== this.#life) return;
      if (crash?.point === 'before-effect') return this.crash(crash.ms);
      const answer = this.#execute(key, copy);
      if (this.#model.atomic) return this.#store(entry, key, answer, crash);
      // A careless server is between its effect and its answer for a moment, and may die there.
      this.#kernel.after(this.#draw.whole(1, 20), undefined, () => {
        if (life === this.#life) this.#store(entry, key, answer, crash);
      });
      if (crash?.point === 'before-store') this.crash(crash.ms);
    });
  }

  /** The handler. A refusal has no effect. */
  #execute(key: string, { request, sentAt }: Copy): WireAnswer {
    const { cart, kind } = this.#witness.subject(request);
    if (kind === 'declined' || kind === 'retry-declined') {
      const first = this.#declined.get(cart) ?? key;
      this.#declined.set(cart, first);
      if (kind === 'declined' || first === key) return jsonAnswer(402, { declined: cart });
    }
    const charge: Charge = { key, cart, at: this.#kernel.now, sentAt };
    this.charges.push(charge);
    this.#witness.charged(charge, { at: this.#firstSeen.get(key) ?? charge.at });
    return jsonAnswer(201, { id: `ch_${this.charges.length}`, cart });
  }

  #store(entry: Entry, key: string, answer: WireAnswer, crash: Copy['crash']): void {
    const stored = answer.status < 400 || this.#model.storesErrors;
    if (stored) entry.answer = answer;
    else this.#entries.delete(key);
    this.answered.set(key, [...(this.answered.get(key) ?? []), answer]);
    if (crash?.point === 'after-store') {
      this.crash(crash.ms);
      for (const tell of entry.waiting.splice(0)) tell(undefined);
      return;
    }
    for (const tell of entry.waiting.splice(0)) tell(answer);
  }

  #replayed(answer: WireAnswer): WireAnswer {
    const { replay } = this.#model.profile.data;
    return replay === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, [replay.header]: replay.equals } };
  }

  #says(what: keyof typeof PLAIN): WireAnswer {
    const told = this.#model.profile.data.answers[what];
    return told === undefined
      ? PLAIN[what]
      : { status: told.status, headers: told.headers ?? {}, body: told.body ?? '' };
  }

  /** A monitor: what has become of the operation with this key. */
  #status({ url }: WireRequest): WireAnswer {
    const entry = this.#entries.get(decodeURIComponent(url.slice(url.lastIndexOf('/') + 1)));
    if (entry === undefined) return jsonAnswer(404, { title: 'no such operation' });
    return entry.answer ?? jsonAnswer(202, { status: 'running' }, { 'retry-after': '1' });
  }
}

/** What a server says whose dialect has no words of its own for it. */
const PLAIN: Readonly<Record<'inProgress' | 'mismatch' | 'missingKey', WireAnswer>> = {
  inProgress: jsonAnswer(409, { title: 'A request is outstanding for this key' }, { ...PROBLEM, 'retry-after': '1' }),
  mismatch: jsonAnswer(422, { title: 'Idempotency-Key is already used' }, PROBLEM),
  missingKey: jsonAnswer(400, { title: 'Idempotency-Key is missing' }, PROBLEM),
};

function accepted(key: string): WireAnswer {
  const location = `/operations/${encodeURIComponent(key)}`;
  return jsonAnswer(202, { status: 'running' }, { location, 'retry-after': '1' });
}
