import { MADE, type Order } from './support/behaviour.ts';
import {
  expectEffects,
  expectSame,
  expectStatus,
  expectThat,
  factsOf,
  lifetimeOf,
  longest,
  numbered,
  replays,
  until,
} from './support/conformance-checks.ts';
import type { Exchange, Target } from './support/exchange.ts';

/** One thing that a server with idempotency keys has to do. */
export interface ConformanceCase {
  readonly id: string;
  readonly says: string;
  /** Why it cannot be asked of this server. */
  readonly skip?: (target: Target) => string | false;
  /** @throws Error with what was seen, where the server does not do it */
  run(exchange: Exchange, key: string): Promise<void>;
}

const CONCURRENT = 50;
/** Time between the two sides of an end, for a machine that is slow. */
const NEAR = 5_000;
const DAY = 86_400_000;

const withoutClock = ({ advance }: Target): string | false => advance === undefined && 'its clock cannot be moved';
const notConflict = ({ inProgress }: Target): string | false =>
  inProgress !== 'conflict' && 'it answers with 202 while the first request runs';

export const CASES: readonly ConformanceCase[] = [
  {
    id: 'first',
    says: 'the first request with a key is run, and is not marked as a replay',
    async run(exchange, key) {
      const first = await exchange.send({ key, order: { name: key } });
      expectThat(first.status === 201, `answered ${first.status}`);
      expectThat(exchange.marked(first) !== true, 'the first answer is marked as a replay');
      await expectEffects(exchange, key, 1);
    },
  },
  {
    id: 'replay',
    says: 'a repeat gets the first answer: status, headers and bytes, three times',
    run: (exchange, key) => replays(exchange, key, { name: key }),
  },
  {
    id: 'replay-whole',
    says: 'so it is with binary, streamed and empty bodies, with redirections, and with a header that comes twice',
    async run(exchange, key) {
      for (const [index, make] of MADE.entries()) {
        const own = numbered(key, index);
        await replays(exchange, own, { name: own, make });
      }
    },
  },
  {
    id: 'concurrent',
    says: `of ${CONCURRENT} at once one is run`,
    async run(exchange, key) {
      const { target } = exchange;
      const order: Order = { name: key, hold: true };
      let settled = 0;
      const sent = Array.from({ length: CONCURRENT }, async () => {
        const answer = await exchange.send({ key, order });
        settled += 1;
        return answer;
      });
      // Each of them is answered or runs.
      await until(async () => settled + (await target.effects(key)) >= CONCURRENT);
      target.release(key);
      const answers = await Promise.all(sent);
      await expectEffects(exchange, key, 1);
      const ran = answers.filter(({ status }) => status === 201).length;
      expectThat(ran === 1, `${ran} of ${CONCURRENT} were answered as if they had been the first`);
    },
  },
  {
    id: 'in-progress',
    says: 'a repeat is refused while the first request runs, as this API refuses it',
    skip: notConflict,
    async run(exchange, key) {
      const { target } = exchange;
      const order: Order = { name: key, hold: true };
      const first = exchange.send({ key, order });
      await until(async () => (await target.effects(key)) > 0);
      const status = target.profile.data.answers.inProgress?.status ?? 409;
      let answered = false;
      const second = exchange.send({ key, order }).finally(() => {
        answered = true;
      });
      // It is answered, or it runs as well.
      await until(async () => answered || (await target.effects(key)) > 1);
      target.release(key);
      expectStatus(await second, status);
      expectStatus(await first, 201);
    },
  },
  {
    id: 'accepted-ends',
    says: 'a repeat is given a monitor, and the monitor ends with the result',
    skip: ({ inProgress }) => inProgress !== 'accepted' && 'it does not answer with 202 while the first request runs',
    async run(exchange, key) {
      const { target } = exchange;
      const order: Order = { name: key, hold: true };
      const first = exchange.send({ key, order });
      await until(async () => (await target.effects(key)) > 0);
      const accepted = await exchange.open({ key, order });
      expectThat(accepted.status === 202, `answered ${accepted.status} while the first request ran`);
      const monitor = accepted.headers.get('operation-location') ?? accepted.headers.get('location');
      if (monitor === null) throw new Error('the 202 names no monitor');
      const tells = accepted.headers.has('operation-location');
      const running = async (): Promise<boolean> => {
        const answer = await fetch(monitor, { redirect: 'manual' });
        return tells ? ((await answer.json()) as { status: string }).status === 'Running' : answer.status === 202;
      };
      expectThat(await running(), 'the monitor says that it has ended while it runs');
      target.release(key);
      const { body } = await first;
      await until(async () => !(await running()));
      const result = Buffer.from(await (await fetch(monitor)).arrayBuffer());
      const made = Buffer.from(body, 'hex').toString();
      expectThat(result.includes(made), `the monitor ends without the result: ${result.toString()}`);
      await expectEffects(exchange, key, 1);
    },
  },
  {
    id: 'mismatch',
    says: 'the same key with another body runs nothing',
    async run(exchange, key) {
      await exchange.send({ key, order: { name: key, amount: 1 } });
      const other = await exchange.send({ key, order: { name: key, amount: 2 } });
      const { mismatch, replay } = exchange.target.profile.data.answers;
      // Where a repeat is an error anyway, it is the same one.
      expectStatus(other, replay !== undefined && replay.status >= 400 ? replay.status : (mismatch?.status ?? 422));
      await expectEffects(exchange, key, 1);
    },
  },
  {
    id: 'missing-key',
    says: 'without a key it is refused where one is needed, else run every time',
    async run(exchange, key) {
      const { data } = exchange.target.profile;
      const needed = factsOf(exchange.target).required === 'yes';
      const expected = needed ? (data.answers.missingKey?.status ?? 400) : 201;
      for (let time = 0; time < 2; time += 1) {
        expectStatus(await exchange.send({ key: null, order: { name: key } }), expected);
      }
      await expectEffects(exchange, key, needed ? 0 : 2);
    },
  },
  {
    id: 'longest-keys',
    says: 'keys of the full length that differ in their last character are two keys',
    async run(exchange, key) {
      for (const last of ['a', 'b']) {
        const name = `${key}-${last}`;
        expectStatus(await exchange.send({ key: longest(exchange.target, key, last), order: { name } }), 201);
        await expectEffects(exchange, name, 1);
      }
    },
  },
  {
    id: 'over-long-key',
    says: 'a key that is too long is refused, and nothing runs',
    async run(exchange, key) {
      const { data } = exchange.target.profile;
      const long = await exchange.send({ key: `${longest(exchange.target, key, 'a')}a`, order: { name: key } });
      expectStatus(long, data.answers.malformedKey?.status ?? 400);
      await expectEffects(exchange, key, 0);
    },
  },
  {
    id: 'tenants',
    says: 'one key of two tenants is two keys',
    async run(exchange, key) {
      const bodies = new Map<string, string>();
      for (const [index, tenant] of ['one', 'two', 'one', 'two'].entries()) {
        const name = `${key}-${tenant}`;
        const answer = await exchange.send({ key, tenant, order: { name } });
        if (index < 2) expectStatus(answer, 201);
        const others = [...bodies].filter(([other]) => other !== tenant).map(([, body]) => body);
        expectThat(!others.includes(answer.body), "a tenant gets another tenant's answer");
        if (index < 2) bodies.set(tenant, answer.body);
        await expectEffects(exchange, name, 1);
      }
    },
  },
  {
    id: 'errors',
    says: 'an error is kept under its key where this API keeps it, and is run again where not',
    async run(exchange, key) {
      for (const [index, [status, kept]] of Object.entries(exchange.target.keepsErrors).entries()) {
        const own = numbered(key, index);
        const order: Order = { name: own, status: Number(status) };
        const first = await exchange.send({ key: own, order });
        expectStatus(first, Number(status));
        const again = await exchange.send({ key: own, order });
        const same = JSON.stringify(exchange.unmarked(again)) === JSON.stringify(first);
        expectThat(same === kept, `a ${status} was ${same ? '' : 'not '}replayed`);
        await expectEffects(exchange, own, kept ? 1 : 2);
      }
    },
  },
  {
    id: 'restart',
    says: 'what is stored outlives the process: no second effect, the same bytes',
    skip: ({ restart }) => restart === undefined && 'it cannot be started again',
    async run(exchange, key) {
      const { target } = exchange;
      await exchange.send({ key, order: { name: key } });
      const second = await exchange.send({ key, order: { name: key } });
      target.url = (await target.restart?.()) ?? target.url;
      // What a repeat was told before it is told now.
      expectSame(await exchange.send({ key, order: { name: key } }), second);
      await expectEffects(exchange, key, 1);
    },
  },
  {
    id: 'expiry-before',
    says: 'a key is known until just before its end',
    skip: withoutClock,
    async run(exchange, key) {
      await exchange.send({ key, order: { name: key } });
      await exchange.advance(Math.min(lifetimeOf(exchange.target), 400 * DAY) - NEAR);
      await exchange.send({ key, order: { name: key } });
      await expectEffects(exchange, key, 1);
    },
  },
  {
    id: 'expiry-after',
    says: 'just after its end a key is new, or refused where this API can tell',
    skip: (target) =>
      withoutClock(target) || (lifetimeOf(target) === Number.POSITIVE_INFINITY && 'its keys are kept for ever'),
    async run(exchange, key) {
      await exchange.send({ key, order: { name: key } });
      await exchange.advance(lifetimeOf(exchange.target));
      const { expired } = exchange.target.profile.data.answers;
      expectStatus(await exchange.send({ key, order: { name: key } }), expired?.status ?? 201);
      await expectEffects(exchange, key, expired === undefined ? 2 : 1);
    },
  },
];
