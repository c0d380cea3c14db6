import type { Seen } from '../../../journal/file/support/ledger.ts';

/** Where a process dies by its own hand: before or after one call of the operating system, or in the middle of it. */
export const POINTS = [
  'before append',
  'torn append',
  'written',
  'flushed',
  'space secured',
  'sealed',
  'before link',
  'linked',
  'retired',
  'reserve used',
] as const;
export type Point = (typeof POINTS)[number];

/** What one process of the crowd is told at its start. */
export interface Life {
  readonly directory: string;
  readonly seed: number;
  /** Of how many names it wants. */
  readonly names: number;
  /** How many operations it has under way at once. */
  readonly callers: number;
  /** How likely an operation is a compaction. */
  readonly compactions: number;
  /** Longest body, in repetitions of a key: long lines are torn by a kill more easily. */
  readonly padding: number;
  /** At the nth time it comes there. */
  readonly kill?: { readonly point: Point; readonly nth: number } | undefined;
}

/** What it is told while it lives: end what is under way; say what is stored; close and end. */
export type Order = 'rest' | 'fold' | 'end';

/** What it says, each before anything else happens. */
export type Message =
  | { readonly say: 'claiming'; readonly identity: string }
  | { readonly say: 'claimed'; readonly seen: Seen; readonly created: boolean }
  | { readonly say: 'saw'; readonly seen: Seen }
  | { readonly say: 'removing'; readonly identity: string; readonly revision: number }
  | { readonly say: 'removed'; readonly identity: string; readonly revision: number; readonly won: boolean }
  | { readonly say: 'sealed' | 'linked'; readonly generation: number }
  | { readonly say: 'dies'; readonly point: Point }
  | { readonly say: 'wrong'; readonly what: string }
  | { readonly say: 'rests' }
  | { readonly say: 'fold'; readonly hash: string };
