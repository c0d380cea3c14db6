import { onGo, onStop } from './page-events.ts';

/** A page whose timers run stands still no longer, whatever it was told. */
const CHECK_MS = 1000;

/** Whether this page stands still: frozen, or in the back/forward cache. Chromium still runs some of its tasks then (messages of a BroadcastChannel),
 *  but no callback of IndexedDB: a transaction that is open then, or begun there, stays open and blocks the other tabs until the page moves again. */
export interface Standstill {
  /** Resolves when the page runs again; undefined where it does. */
  readonly over: Promise<void> | undefined;
  /** Calls `listener` when the page is about to stand still, until the returned function is called. */
  onBegin(listener: () => void): () => void;
  /** A timer that does not count standing still: it starts anew when the page runs again. The returned function ends it. */
  limit(ms: number, listener: () => void): () => void;
  close(): void;
}

/** Listens to the page from the first use on. Workers are told nothing, and Node never stands still. */
export function standstill(): Standstill {
  const moves = movesOf();
  return {
    get over() {
      moves.listen();
      return moves.still?.promise;
    },
    onBegin(listener) {
      moves.listen();
      moves.begin.add(listener);
      return () => void moves.begin.delete(listener);
    },
    limit(ms, listener) {
      moves.listen();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const pause = (): void => clearTimeout(timer);
      const start = (): void => {
        pause();
        timer = setTimeout(finish, ms);
      };
      const drop = (): void => {
        pause();
        moves.begin.delete(pause);
        moves.end.delete(start);
      };
      const finish = (): void => {
        drop();
        listener();
      };
      moves.begin.add(pause);
      moves.end.add(start);
      if (moves.still === undefined) start();
      return drop;
    },
    close: moves.close,
  };
}

interface Moves {
  readonly begin: Set<() => void>;
  readonly end: Set<() => void>;
  /** While it stands still. */
  readonly still: PromiseWithResolvers<void> | undefined;
  listen(): void;
  close(): void;
}

function movesOf(): Moves {
  const begin = new Set<() => void>();
  const end = new Set<() => void>();
  let still: PromiseWithResolvers<void> | undefined;
  let check: ReturnType<typeof setTimeout> | undefined;
  let ears: readonly (() => void)[] | undefined;

  const stop = (): void => {
    if (still !== undefined) return;
    still = Promise.withResolvers();
    check = setTimeout(go, CHECK_MS);
    for (const listener of begin) listener();
  };
  const go = (): void => {
    if (still === undefined) return;
    clearTimeout(check);
    still.resolve();
    still = undefined;
    for (const listener of end) listener();
  };

  return {
    begin,
    end,
    get still() {
      return still;
    },
    listen() {
      ears ??= [onStop(stop), onGo(go)];
    },
    close() {
      for (const drop of ears ?? []) drop();
      ears = undefined;
      go();
    },
  };
}
