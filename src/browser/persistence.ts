let asked = false;

/** Asks the browser once, in the background, not to evict this origin's storage. Chrome and Safari decide by themselves; Firefox would show its user
 *  a prompt that nobody expects there, so it is asked only where that was answered before. */
export function askToPersist(): void {
  if (asked) return;
  asked = true;
  void persist().catch(() => undefined);
}

/** Asks where that shows nobody a prompt. Rejects as the browser does. */
export async function persist(): Promise<void> {
  // Workers may ask whether, but not for it; insecure origins neither.
  const storage: StorageManager | undefined = typeof navigator === 'undefined' ? undefined : navigator.storage;
  if (typeof storage?.persist !== 'function' || (await storage.persisted())) return;
  if (prompts() && !(await isGranted())) return;
  await storage.persist();
}

function prompts(): boolean {
  return /\bFirefox\//.test(navigator.userAgent);
}

async function isGranted(): Promise<boolean> {
  const { state } = await navigator.permissions.query({ name: 'persistent-storage' });
  return state === 'granted';
}
