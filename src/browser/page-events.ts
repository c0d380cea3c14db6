/** What of the global scope is used: a page has all of it, a worker some, Node none. */
interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  readonly document?: Page & { readonly visibilityState?: string };
}

/** Back online, visible again, or restored from the back/forward cache. */
export function onWake(listener: () => void): () => void {
  const page: Page = globalThis;
  const document = page.document;
  const whenVisible = (): void => {
    if (document?.visibilityState === 'visible') listener();
  };
  return joined(
    on(page, 'online', listener),
    on(page, 'pageshow', listener),
    on(document, 'visibilitychange', whenVisible),
  );
}

/** The page is left: it ends, or it is cached with everything it holds. */
export function onHide(listener: () => void): () => void {
  return on(globalThis, 'pagehide', listener);
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
