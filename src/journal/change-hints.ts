/** Who wants to hear that a record may have changed. */
export interface ChangeHints {
  watch(listener: (identity: string | undefined) => void): () => void;
  /** Tells every listener, after the present call stack: a listener's fault must not become the fault of the write it hears of. */
  tell(identity: string | undefined): void;
}

/** The listeners of one journal. */
export function changeHints(): ChangeHints {
  const entries = new Set<{ readonly listener: (identity: string | undefined) => void }>();
  return {
    watch(listener) {
      // An entry of its own: the same function watching twice is two watches, ended one by one.
      const entry = { listener };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    tell(identity) {
      for (const entry of entries) {
        queueMicrotask(() => {
          if (entries.has(entry)) entry.listener(identity);
        });
      }
    },
  };
}
