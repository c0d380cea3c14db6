import { operationIdentity } from '../../core/identity.ts';
import type { Journal } from '../../core/journal.ts';
import type { Clock, Random } from '../../core/ports.ts';
import type { JournalRecord } from '../../core/record.ts';
import { SharedChannels } from './channels.ts';
import { imageJournal, type JournalWorld } from './image-journal.ts';
import { JournalImage } from './journal-image.ts';
import { Kernel } from './kernel.ts';
import { Life, never } from './life.ts';
import { SharedLocks } from './locks.ts';
import type { MakeMedium, Medium } from './medium.ts';
import type { Mutant } from './mutant.ts';
import { type NetworkWorld, networkFetch } from './network.ts';
import type { Crash, DiskFault, Plan, RequestFault } from './plan.ts';
import { Seeded, textCode } from './seeded.ts';
import { Server, type Subject } from './server.ts';
import { SERVERS, type ServerModel } from './server-models.ts';
import type { WireRequest } from './wire.ts';
import { type Violation, Witness } from './witness.ts';

/** 2026-01-01, in ms: where the clocks of every world begin. */
const EPOCH = 1_767_225_600_000;

export const CLIENT_NAME = 'shop';
export const OWNER = 'alice';
export const ATTEMPT_TIMEOUT = 30_000;

/** The ports of one process. */
export interface Ports {
  readonly life: Life;
  readonly clock: Clock;
  readonly random: Random;
  readonly locks: ReturnType<SharedLocks['of']>;
  readonly channel: ReturnType<SharedChannels['of']>;
  readonly fetch: typeof globalThis.fetch;
  readonly journal: Journal;
}

/** One line of what happened, for people. */
export interface Step {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  /** Where something goes to the server, or comes back. */
  readonly way?: 'out' | 'back';
}

export interface WorldOptions {
  readonly reach: (what: string) => void;
  /** A mistake made on purpose, outside of the client. */
  readonly mutant?: Mutant | undefined;
  /** Keeps what happened, line by line. */
  readonly steps?: Step[] | undefined;
  readonly settled?: (() => Promise<void>) | undefined;
  /** Where journals are kept. @default the image */
  readonly medium?: MakeMedium | undefined;
  /** The server, where the plan does not name it. */
  readonly model?: ServerModel | undefined;
  /** What a request is about is told by the name of its operation, not by its body. */
  readonly byName?: boolean | undefined;
}

/** A machine with its disk, its locks and its processes, a network and a server, as a plan has them. */
export class World {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly model: ServerModel;
  readonly image: JournalImage = new JournalImage();
  readonly server: Server;
  readonly witness: Witness;
  readonly locks: SharedLocks;
  readonly channels: SharedChannels;
  readonly keyHeader: string;
  readonly draw: { readonly network: Seeded; readonly disk: Seeded; readonly client: Seeded; readonly app: Seeded };
  /** Lives that go on. */
  readonly living: Set<Life> = new Set<Life>();
  readonly told: string[] = [];
  crossings = 0;
  lives = 0;
  requests = 0;
  writes = 0;
  crashes = 0;
  operations = 0;
  /** Without power until then. */
  offUntil = 0;
  /** No more faults. */
  healed = false;
  readonly #medium: Medium | undefined;
  #wallOffset = 0;
  #setBack = 0;
  readonly #options: WorldOptions;
  readonly #requestFaults: ReadonlyMap<number, RequestFault>;
  readonly #crashes: ReadonlyMap<number, Crash>;
  readonly #watchers = new Set<{ readonly life: Life; readonly listener: (identity: string | undefined) => void }>();
  /** Told of a process that ended, and when it is to be started again. */
  onCrash: (life: Life, down: number) => void = () => {};

  constructor(plan: Plan, options: WorldOptions) {
    this.plan = plan;
    this.#options = options;
    const model = options.model ?? SERVERS[plan.server];
    this.model = options.mutant?.model?.(model) ?? model;
    const { carrier } = model.profile.data;
    this.keyHeader = carrier.kind === 'header' ? carrier.name.toLowerCase() : '';
    this.kernel = new Kernel(plan.seed, options.settled);
    this.draw = {
      network: new Seeded(plan.seed, 'network'),
      disk: new Seeded(plan.seed, 'disk'),
      client: new Seeded(plan.seed, 'client'),
      app: new Seeded(plan.seed, 'app'),
    };
    if (plan.journal === 'file' && options.medium === undefined)
      throw new Error('A plan with file journals needs a disk for them.');
    this.#medium = plan.journal === 'file' ? options.medium?.(this.#journal()) : undefined;
    this.locks = new SharedLocks(this.kernel);
    this.channels = new SharedChannels(this.kernel);
    this.#requestFaults = new Map(plan.requests.map(({ request, does }) => [request, does]));
    this.#crashes = new Map(plan.crashes.map((crash) => [crash.at, crash]));
    this.server = new Server(this.model, this.kernel, new Seeded(plan.seed, 'server'), {
      charged: (charge, first) => {
        this.step('server', `charges ${charge.cart} (key ${hint(charge.key)})`);
        this.witness.charged(charge, first);
      },
      reach: (what) => this.reach(what),
      subject: (request) => this.subject(request),
    });
    this.witness = new Witness({
      now: () => this.kernel.now,
      image: this.image,
      server: this.server,
      model,
      keyHeader: this.keyHeader,
      forgets: options.byName === true,
      holds: (key) => this.#medium?.holds(key) ?? true,
      subject: (request) => this.subject(request),
      attemptTimeout: ATTEMPT_TIMEOUT,
      setBack: () => this.#setBack,
      wall: () => this.#wall(),
      diskFails: plan.disk.length > 0,
      identityOf: (id) => operationIdentity(CLIENT_NAME, OWNER, id),
      reach: (what) => this.reach(what),
    });
    this.image.onWrite = (before, after) => this.#changed(before, after);
    for (const { at, process, does, ms } of plan.disturbances) {
      this.kernel.after(at, undefined, () => this.#disturb(process, does, ms));
    }
  }

  get violation(): Violation | undefined {
    return this.witness.violation;
  }

  /** What a request is about. */
  subject(request: WireRequest): Subject {
    if (this.#options.byName !== true) return JSON.parse(request.body) as Subject;
    for (const { fixed } of this.image.seen.values()) {
      if (fixed.kind === 'operation' && fixed.key === request.key) return { cart: fixed.id, kind: 'plain' };
    }
    return { cart: '', kind: 'plain' };
  }

  reach(what: string): void {
    this.#options.reach(what);
  }

  step(who: string, what: string, way?: Step['way']): void {
    this.kernel.note(textCode(who) ^ textCode(what));
    this.#options.steps?.push({ at: this.kernel.now, who, what, ...(way && { way }) });
  }

  /** Starts a process. */
  start(name: string): Life {
    const life = new Life(name, ++this.lives, this.kernel.now);
    this.living.add(life);
    life.onEnd(() => this.living.delete(life));
    if (this.#medium === undefined) this.image.collect(this.#wall());
    this.step(name, 'starts');
    return life;
  }

  portsOf(life: Life): Ports {
    const { mutant } = this.#options;
    const ports: Ports = {
      life,
      clock: this.#clock(life),
      random: { bytes: (count) => this.draw.client.bytes(count), fraction: () => this.draw.client.fraction() },
      locks: this.locks.of(life),
      channel: this.channels.of(life),
      fetch: networkFetch(life, this.#network()),
      journal: this.#medium?.journal(life) ?? imageJournal(life, this.#journal()),
    };
    return mutant?.ports?.(ports, this) ?? ports;
  }

  /** Ends a process as a kill does, or all of them as a power cut does. */
  end(life: Life, { how, left = 'none', down }: Omit<Crash, 'at'>): void {
    this.crashes++;
    const ending = how === 'power' ? [...this.living] : [life];
    if (how === 'power') {
      this.offUntil = this.kernel.now + down;
      // What a real disk keeps of it is read back from there.
      this.image.powerCut(this.#medium === undefined ? left : 'none');
      this.#medium?.powerCut(left);
      this.reach(`power cut, ${left} left`);
    }
    for (const one of ending) {
      this.step(one.name, how === 'power' ? `loses power (${left} of what was not flushed is left)` : 'is killed');
      one.end();
      this.onCrash(one, down);
    }
  }

  #clock(life: Life): Clock {
    return {
      now: () => this.#wall(),
      monotonic: () => this.kernel.now - life.startedAt,
      sleep: (ms, signal) => {
        if (life.dead) return never();
        return new Promise((resolve, reject) => {
          if (signal?.aborted === true) return reject(signal.reason);
          const stop = (): void => {
            cancel();
            reject(signal?.reason);
          };
          // As timers are: whole milliseconds, and never none. Else a wait that rounding leaves over would never end.
          const cancel = this.kernel.after(Math.max(1, Math.ceil(ms)), life, () => {
            signal?.removeEventListener('abort', stop);
            resolve();
          });
          signal?.addEventListener('abort', stop, { once: true });
        });
      },
    };
  }

  #wall(): number {
    return EPOCH + Math.floor(this.kernel.now) + this.#wallOffset;
  }

  #journal(): JournalWorld {
    return {
      image: this.image,
      spend: (life, most) =>
        new Promise((resolve) => void this.kernel.after(this.draw.disk.fraction() * most, life, resolve)),
      cross: (life, label) => this.cross(life, label),
      strike: () => this.#diskStrike(),
      hint: (life, identity) => {
        for (const { life: other, listener } of this.#watchers) {
          if (other !== life) this.kernel.after(1, other, () => listener(identity));
        }
      },
      watch: (life, listener) => {
        const watcher = { life, listener };
        this.#watchers.add(watcher);
        life.onEnd(() => this.#watchers.delete(watcher));
        return () => void this.#watchers.delete(watcher);
      },
      after: (ms, life, run) => this.kernel.after(ms, life, run),
      fraction: () => this.draw.disk.fraction(),
      wall: () => this.#wall(),
      lost: (identity) => this.witness.broke('I5', `the journal has lost what it had stored of ${identity}`),
    };
  }

  #network(): NetworkWorld {
    const { witness } = this;
    return {
      kernel: this.kernel,
      server: this.server,
      draw: this.draw.network,
      keyHeader: this.keyHeader,
      cross: (life, label) => this.cross(life, label),
      strike: () => (this.healed ? undefined : this.#requestFaults.get(++this.requests)),
      reach: (what) => this.reach(what),
      leaves: (life, request) => witness.leaves(life, request),
      left: (life, request) => {
        this.step(
          life.name,
          `sends ${request.method} ${request.key === undefined ? '' : `(key ${hint(request.key)})`}`,
        );
        witness.left(life, request);
      },
      ended: (life, request) => witness.ended(life, request),
      arrives: (life, _, answer, fault) => {
        this.step(life.name, `is answered ${answer.status}${fault === undefined ? '' : `, with ${fault}`}`, 'back');
        witness.arrives(answer);
      },
    };
  }

  /** A border between a process and the world. @returns false where the process has ended there */
  cross(life: Life, label: string): boolean {
    const crash = this.#crashes.get(++this.crossings);
    this.kernel.note(textCode(label));
    if (life.dead) return false;
    if (crash === undefined || this.healed) return true;
    this.reach(`crash: ${crash.how} at ${label}`);
    this.end(life, crash);
    return false;
  }

  /** Counts how records go from state to state, and from driver to driver. */
  #changed(before: JournalRecord | undefined, after: JournalRecord | undefined): void {
    if (after?.fixed.kind === 'key') return this.reach('state: a key that was handed in');
    const [from, to] = [before?.state, after?.state];
    if (from === undefined) this.operations++;
    if (from?.state !== to?.state) this.reach(`state: ${from?.state ?? 'none'} to ${to?.state ?? 'none'}`);
    if (from?.driver && to?.driver && from.driver.nonce !== to.driver.nonce) this.reach('state: taken over');
    if (
      before?.fixed.kind === 'operation' &&
      after?.fixed.kind === 'operation' &&
      before.fixed.round < after.fixed.round
    )
      this.reach('state: another round');
    if (to?.target !== undefined) this.reach(`state: goes to a ${to.target.kind}`);
  }

  #diskStrike(): DiskFault['error'] | undefined {
    if (this.healed) return undefined;
    const write = ++this.writes;
    const fault = this.plan.disk.find((one) => write >= one.write && write < one.write + one.count);
    if (fault === undefined) return undefined;
    this.reach(`disk: ${fault.error}`);
    this.step('disk', fault.error === 'full' ? 'is full' : `fails (${fault.error})`);
    return fault.error;
  }

  #disturb(process: number, does: 'pause' | 'clock', ms: number): void {
    if (this.healed) return;
    if (does === 'clock') {
      this.reach(ms < 0 ? 'clock: back' : 'clock: ahead');
      this.step('clock', `jumps by ${ms} ms`);
      this.#wallOffset += ms;
      if (ms < 0) this.#setBack -= ms;
      return;
    }
    const life = [...this.living].find((one) => one.name === processName(process));
    if (life === undefined) return;
    this.reach('process: paused');
    this.step(life.name, `stands still for ${ms} ms`);
    const { now } = this.kernel;
    life.pauses.push({ from: now, to: now + ms });
    life.pausedUntil = Math.max(life.pausedUntil, now + ms);
  }
}

export function processName(process: number): string {
  return `p${process + 1}`;
}

function hint(key: string): string {
  return key.slice(0, 8);
}
