/** Everything that arrives while a commit is under way shares the next one: group commit by hand, as the bare loop and the stores without it need. */
export function grouped<T>(commit: (batch: readonly T[]) => Promise<void>): (item: T) => Promise<void> {
  let waiting: { item: T; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await commit(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      // Callers who were just answered come back within a few microtasks: their next writes belong into this batch.
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    running = false;
  };
  return (item) =>
    new Promise<void>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) process.nextTick(() => void (running || run()));
    });
}
