import type { Browsers } from './browsers.ts';
import type { Tab, TabBrowser } from './tabs.ts';
import { WebKitSession } from './webkit-session.ts';

/** WebKitGTK with tabs. Its automation keeps no profile, so there is nothing to come back to after a kill. */
export async function launchWebKit(programs: NonNullable<Browsers['webkit']>): Promise<TabBrowser> {
  const session = await WebKitSession.start(programs);
  // Closing the first window ends the session: it stays, and stays blank.
  const first = await session.get('window');
  let last: Promise<unknown> = Promise.resolve();
  /** One command after the other: which window they mean is a state of the session. */
  const inWindow = <T>(handle: unknown, work: () => Promise<unknown>): Promise<T> => {
    const result = last.then(async () => {
      await session.post('window', { handle });
      return work();
    });
    last = result.catch(() => undefined);
    return result as Promise<T>;
  };
  return {
    async open(url) {
      const { handle } = await inWindow<{ handle: string }>(first, () => session.post('window/new', { type: 'tab' }));
      const tab: Tab = {
        goto: (next) => inWindow(handle, () => session.post('url', { url: next })),
        reload: () => inWindow(handle, () => session.post('refresh', {})),
        evaluate: (expression) =>
          inWindow(handle, () => session.post('execute/sync', { script: `return (${expression});`, args: [] })),
        close: () => inWindow(handle, () => session.delete('window')),
      };
      await tab.goto(url);
      return tab;
    },
    close: () => session.close(),
  };
}
