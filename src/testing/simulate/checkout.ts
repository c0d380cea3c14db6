import { assembleClient } from '../../core/client.ts';
import { isOncewardError } from '../../core/errors/index.ts';
import { lockPresence } from '../../core/lock-presence.ts';
import { startPulse } from '../../core/pulse.ts';
import type { Surroundings } from '../../core/settings.ts';
import type { Client, Outcome } from '../../core/types.ts';
import type { Life } from './life.ts';
import type { Boot } from './run-plan.ts';
import { type ShopWorld, shop } from './shop.ts';
import { SECRET } from './witness.ts';
import { ATTEMPT_TIMEOUT, CLIENT_NAME, OWNER, type Ports, type World } from './world.ts';

const WAIT_TIMEOUT = 60_000;
/** How much later than it said a caller may be answered: what is under way when its time is over. */
const WAIT_SLACK = 5_000;

/** How often a shop waits once more for what is pending; in the end it waits until all is said. */
const PATIENCE = { first: 3, last: 60 };

/** The program of the campaigns: a shop that asks for the carts of the plan, and tells the witness what it is told. */
export async function checkout({ world, ports, process, last }: Boot): Promise<void> {
  const { plan } = world;
  const intents = plan.intents
    .map((intent, number) => ({ ...intent, number }))
    .filter(({ by }) => last || plan.processes === 1 || by === 'both' || (by === 'first') === (process === 0));
  await shop(clientOf(ports, world), shopWorld(ports, world, last), {
    intents,
    patience: last ? PATIENCE.last : PATIENCE.first,
  });
}

function shopWorld({ life, clock }: Ports, world: World, last: boolean): ShopWorld {
  const { witness, image, server } = world;
  const owed = [...image.seen.values()];
  return {
    life,
    clock,
    path: world.model.path,
    draw: world.draw.app,
    waits: (cart) => waits(world, life, cart),
    reported: (cart, outcome) => {
      if (life.dead) return;
      world.step(life.name, `is told that ${cart} is ${statusOf(outcome)}`);
      witness.reported(life, cart, outcome);
      world.told.push(JSON.stringify(outcome.operation));
      if (last) named(world, cart, outcome);
    },
    failed: (_, error) => {
      if (life.dead) return;
      world.told.push(isOncewardError(error) ? `${error.message} ${JSON.stringify(error)}` : String(error));
      world.step(life.name, `is told of ${isOncewardError(error) ? `${error.name} (${error.effect})` : String(error)}`);
      if (!isOncewardError(error)) return witness.broke('I10', `an error that is not ours: ${String(error)}`);
      world.reach(`error: ${error.name}`);
    },
    refused: (cart) => life.dead || witness.refused(life, cart),
    // Others may finish what was open meanwhile: only who is alone can be held to it.
    resumed: (names) => life.dead || (world.plan.processes > 1 && !last) || witness.resumed(names, owed),
    looksUp: ({ operation: { keyHint } }, cart) => {
      const happened = server.charges.some((charge) => charge.cart === cart && charge.key.startsWith(keyHint));
      if (!happened) witness.decidedNone(keyHint, cart);
      return happened;
    },
  };
}

function statusOf(outcome: Outcome): string {
  return outcome.status === 'in-doubt' ? `in doubt (${outcome.reason})` : outcome.status;
}

/** I10: every caller is answered in time. */
function waits(world: World, life: Life, cart: string): () => void {
  const { kernel } = world;
  const began = kernel.now;
  let answered = false;
  const check = (): void => {
    if (answered || life.dead) return;
    const stood = life.pauses.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, began)), 0);
    const left = began + stood + WAIT_TIMEOUT + WAIT_SLACK - kernel.now;
    if (left > 0) kernel.after(left, life, check);
    else world.witness.broke('I10', `a caller of ${cart} has waited longer than waitTimeout`);
  };
  kernel.after(WAIT_TIMEOUT + WAIT_SLACK, life, check);
  return () => {
    answered = true;
  };
}

const CONDITIONS: ReadonlySet<string> = new Set(['credentials', 'other-owner', 'other-scope', 'interrupted']);

/** I10: whatever is pending in the end waits for a time or for a condition that has a name. */
function named({ witness }: World, cart: string, outcome: Outcome): void {
  if (outcome.status !== 'pending' || CONDITIONS.has(outcome.waiting) || outcome.waiting === 'sending') return;
  if (outcome.operation.nextAttemptAt !== undefined) return;
  witness.broke('I10', `without faults ${cart} is pending (${outcome.waiting}), and waits for no time`);
}

function clientOf(ports: Ports, world: World): Client {
  const { life, clock, random, locks, channel, fetch, journal } = ports;
  const pages = world.plan.presence === 'pages';
  const platform: Surroundings = {
    clock,
    random,
    presence: () => lockPresence({ locks, clock, random, ...(pages && { channel, pulse: () => startPulse(clock) }) }),
    send: fetch,
    defaultJournal: undefined,
    base: () => undefined,
    onWake: () => () => {},
    online: () => true,
    warn: () => {},
    keepAlive: () => () => {},
    defaultOwner: OWNER,
  };
  return assembleClient(
    {
      baseUrl: 'https://pay.example',
      name: CLIENT_NAME,
      owner: OWNER,
      profile: world.model.profile,
      journal,
      attemptTimeout: ATTEMPT_TIMEOUT,
      waitTimeout: WAIT_TIMEOUT,
      authorize: () => ({ authorization: `Bearer ${SECRET}-${life.name}` }),
    },
    platform,
  );
}
