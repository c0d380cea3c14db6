import { keyLifetime } from '../../../src/core/key-age.ts';
import { routeFacts } from '../../../src/core/route.ts';
import type { Order } from './behaviour.ts';
import type { Exchange, Target, Whole } from './exchange.ts';

/** One request and three repeats. */
export async function replays(exchange: Exchange, key: string, order: Order): Promise<void> {
  const { replay } = exchange.target.profile.data.answers;
  const first = await exchange.send({ key, order });
  for (let repeat = 0; repeat < 3; repeat += 1) {
    const again = await exchange.send({ key, order });
    expectThat(exchange.marked(again) !== false, 'the repeat is not marked as a replay');
    // Some APIs answer a repeat of what succeeded in words of their own.
    if (replay !== undefined && first.status < 300) expectStatus(again, replay.status);
    else expectSame(exchange.unmarked(again), first);
  }
  await expectEffects(exchange, order.name, 1);
}

export function factsOf({ profile, url, path }: Target): ReturnType<typeof routeFacts> {
  return routeFacts(profile.data, 'POST', `${url}${path}`);
}

export function lifetimeOf(target: Target): number {
  return keyLifetime(factsOf(target).lifetime);
}

/** As long as this API takes it. */
export function longest(target: Target, key: string, last: string): string {
  return `${key.slice(0, -1).padEnd(factsOf(target).keyLimit - 1, '0')}${last}`;
}

/** Another key of the same form. */
export function numbered(key: string, index: number): string {
  return `${key.slice(0, -2)}${index.toString(16).padStart(2, '0')}`;
}

export async function expectEffects({ target }: Exchange, name: string, expected: number): Promise<void> {
  const seen = await target.effects(name);
  expectThat(seen === expected, `${seen} effects instead of ${expected}`);
}

export function expectStatus({ status }: Whole, expected: number): void {
  expectThat(status === expected, `answered ${status} instead of ${expected}`);
}

export function expectSame(again: Whole, first: Whole): void {
  expectThat(again.status === first.status, `the repeat has status ${again.status} instead of ${first.status}`);
  const [headers, expected] = [again.headers, first.headers].map((all) => JSON.stringify(all));
  expectThat(headers === expected, `the repeat has headers ${headers} instead of ${expected}`);
  expectThat(again.body === first.body, 'the repeat has another body');
}

export function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  const patience = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > patience) throw new Error('it neither answers nor runs');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
