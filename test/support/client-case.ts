import { makeWorld, type Platform, type World } from './client-world.ts';

/** One thing that must hold, tried in a world of its own. Rejects with what is wrong. */
export interface Case {
  readonly name: string;
  run(): Promise<void>;
}

export async function inWorld(platform: Platform, run: (world: World) => Promise<void>): Promise<void> {
  const world = await makeWorld(platform);
  try {
    await run(world);
  } finally {
    await world.close();
  }
}

/** Compares member by member: no runner's `expect` is at hand in every runner. */
export function expectSame(observed: object, expected: object): void {
  const names = new Set(
    Array.isArray(expected) ? [...Object.keys(expected), ...Object.keys(observed)] : Object.keys(expected),
  );
  const wrong = [...names]
    .map((name) => [name, told(expected, name), told(observed, name)] as const)
    .filter(([, wanted, got]) => wanted !== got)
    .map(([name, wanted, got]) => `${name} is ${got}, expected ${wanted}`);
  if (wrong.length > 0) throw new Error(wrong.join('; '));
}

function told(holder: object, name: string): string | undefined {
  return JSON.stringify((holder as Record<string, unknown>)[name]);
}
