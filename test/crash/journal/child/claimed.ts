import type { Seen } from '../../../journal/file/support/ledger.ts';

/** What became of one claim. */
export type Claimed = { readonly seen: Seen } | { readonly identity: string; readonly refused: string };
