import { expect, test } from 'vitest';
import { askToPersist, persist } from '../../src/browser/persistence.ts';
import { patch } from './support/patch.ts';

interface Told {
  readonly agent: string;
  readonly persisted?: boolean;
  readonly permission?: PermissionState;
}

/** How often the browser was asked. */
async function asked({ agent, persisted = false, permission = 'prompt' }: Told): Promise<number> {
  let count = 0;
  patch(Navigator.prototype, 'userAgent', { get: () => agent });
  patch(Navigator.prototype, 'permissions', { get: () => ({ query: () => Promise.resolve({ state: permission }) }) });
  patch(Navigator.prototype, 'storage', {
    get: () => ({
      persisted: () => Promise.resolve(persisted),
      persist: () => {
        count += 1;
        return Promise.resolve(false);
      },
    }),
  });
  await persist();
  return count;
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';

test.each<[string, Told, number]>([
  ['a browser that decides by itself is asked', { agent: CHROME }, 1],
  ['one that has promised it is not asked again', { agent: CHROME, persisted: true }, 0],
  ['one that would show a prompt is not asked', { agent: FIREFOX }, 0],
  ['unless its user has answered before', { agent: FIREFOX, permission: 'granted' }, 1],
])('%s', async (_, told, count) => {
  expect(await asked(told)).toBe(count);
});

test('a client asks once, waits for nothing, and nobody hears of a failure', async () => {
  let count = 0;
  patch(Navigator.prototype, 'storage', {
    get: () => ({
      persisted: () => {
        count += 1;
        return Promise.reject(new TypeError('not now'));
      },
      persist: () => Promise.reject(new TypeError('not now')),
    }),
  });
  askToPersist();
  askToPersist();
  await expect.poll(() => count).toBe(1);
});
