/** What of the global scope is used: a page has all of it, a worker some, Node none. */
interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  readonly document?: Page & { readonly visibilityState?: string };
}

/** Back online, or back at all. */
export function onWake(listener: () => void): () => void {
  return joined(on(globalThis, 'online', listener), onShow(listener));
}

/** Visible again, restored from the back/forward cache, or no longer frozen. */
export function onShow(listener: () => void): () => void {
  const page: Page = globalThis;
  const document = page.document;
  const whenVisible = (): void => {
    if (document?.visibilityState === 'visible') listener();
  };
  return joined(
    on(page, 'pageshow', listener),
    on(document, 'resume', listener),
    on(document, 'visibilitychange', whenVisible),
  );
}

/** The page is left: it ends, is cached with everything it holds, or is frozen where it stands. */
export function onHide(listener: () => void): () => void {
  const page: Page = globalThis;
  return joined(on(page, 'pagehide', listener), on(page.document, 'freeze', listener));
}

/** False only where the platform says so. */
export function online(): boolean {
  return typeof navigator === 'undefined' || navigator.onLine !== false;
}

function on(target: Page | undefined, type: string, listener: () => void): () => void {
  target?.addEventListener?.(type, listener);
  return () => target?.removeEventListener?.(type, listener);
}

function joined(...ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end();
  };
}
