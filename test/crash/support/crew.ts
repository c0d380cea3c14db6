/** Runs `work` again and again, `hands` at a time, until `done`. The first failure ends all of it. */
export async function crew(hands: number, done: () => boolean, work: (nth: number) => Promise<void>): Promise<void> {
  let nth = 0;
  let failed = false;
  const hand = async () => {
    while (!failed && !done()) {
      nth += 1;
      await work(nth).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: hands }, hand));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
}
