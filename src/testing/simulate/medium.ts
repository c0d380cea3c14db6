import type { Journal } from '../../core/journal.ts';
import type { JournalWorld } from './image-journal.ts';
import type { Life } from './life.ts';
import type { Crash } from './plan.ts';

/** Where the processes of a world keep their journals, instead of the image. */
export interface Medium {
  journal(life: Life): Journal;
  powerCut(left: NonNullable<Crash['left']>): void;
  /** Whether the device has this key. */
  holds(key: string): boolean;
}

export type MakeMedium = (world: JournalWorld) => Medium;
