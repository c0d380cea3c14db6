import type { ServerModel } from './server-models.ts';
import type { Invariant } from './witness.ts';
import type { Ports, World } from './world.ts';

/** A mistake made on purpose, outside of the production code: the campaign must notice it, and by the oracle that is named. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  readonly oracle: Invariant;
  readonly ports?: (ports: Ports, world: World) => Ports;
  readonly model?: (model: ServerModel) => ServerModel;
}
