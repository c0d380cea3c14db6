/** What of the global scope is used: a page has all of it, a worker some, Node none. */
interface Page {
  addEventListener?(type: string, listener: (event: PageEvent) => void): void;
  removeEventListener?(type: string, listener: (event: PageEvent) => void): void;
  readonly document?: Page & { readonly visibilityState?: string };
}

interface PageEvent {
  /** Of `pagehide`: the page may go into the back/forward cache. */
  readonly persisted?: boolean;
}

/** Back online, or back at all. */
export function onWake(listener: () => void): () => void {
  return joined(on(globalThis, 'online', listener), onShow(listener));
}

/** Visible again, restored from the back/forward cache, or no longer frozen. */
export function onShow(listener: () => void): () => void {
  const { document }: Page = globalThis;
  const whenVisible = (): void => {
    if (document?.visibilityState === 'visible') listener();
  };
  return joined(onGo(listener), on(document, 'visibilitychange', whenVisible));
}

/** The page is left: it ends, is cached with everything it holds, or is frozen where it stands. */
export function onHide(listener: () => void): () => void {
  const page: Page = globalThis;
  return joined(on(page, 'pagehide', listener), on(page.document, 'freeze', listener));
}

/** The page is about to stand still, to go on later: frozen, or in the back/forward cache. */
export function onStop(listener: () => void): () => void {
  const page: Page = globalThis;
  const whenKept = ({ persisted }: PageEvent): void => {
    if (persisted === true) listener();
  };
  return joined(on(page, 'pagehide', whenKept), on(page.document, 'freeze', listener));
}

/** The page goes on. */
export function onGo(listener: () => void): () => void {
  const page: Page = globalThis;
  return joined(on(page, 'pageshow', listener), on(page.document, 'resume', listener));
}

/** False only where the platform says so. */
export function online(): boolean {
  return typeof navigator === 'undefined' || navigator.onLine !== false;
}

function on(target: Page | undefined, type: string, listener: (event: PageEvent) => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}

function joined(...ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}
