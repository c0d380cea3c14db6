import { type BuildResult, build, type Message } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, install } from './support/installed.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await install();
});
afterAll(() => installed.remove());

interface Bundled {
  readonly text: string;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** A page's bundle of `source`, as a user's build makes it. */
async function bundled(source: string): Promise<Bundled> {
  const texts = (messages: readonly Message[]): string[] => messages.map(({ text }) => text);
  try {
    const { outputFiles, warnings }: BuildResult<{ write: false }> = await build({
      stdin: { contents: source, resolveDir: installed.project },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    return {
      text: outputFiles
        .map(({ text }) => text)
        .join('')
        .trim(),
      errors: [],
      warnings: texts(warnings),
    };
  } catch (error) {
    const { errors, warnings } = error as { errors: Message[]; warnings: Message[] };
    return { text: '', errors: texts(errors), warnings: texts(warnings) };
  }
}

describe('bundled for browsers', () => {
  test.each([
    'onceward',
    'onceward/browser',
    'onceward/profiles',
    'onceward/mock',
    'onceward/mock/msw',
    'onceward/testing',
  ])('%s is there, without a warning', async (entry) => {
    const { text, errors, warnings } = await bundled(`export * from '${entry}'`);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(text).not.toBe('');
  });

  test('a page pays for the profile it uses, not for all of them', async () => {
    const [one, all] = await Promise.all([
      bundled(`export { stripeV1 } from 'onceward/profiles'`),
      bundled(`export * from 'onceward/profiles'`),
    ]);
    expect(one.text).toContain('stripe-should-retry');
    expect(one.text).not.toContain('PayPal-Request-Id');
    expect(all.text).toContain('PayPal-Request-Id');
  });

  test.each(['onceward/node', 'onceward/mock/node', 'onceward/verify'])(
    '%s fails while it is bundled, not in the page',
    async (entry) => {
      const { errors } = await bundled(`export * from '${entry}'`);
      expect(errors).toEqual([expect.stringContaining(`Could not resolve "${entry}"`)]);
    },
  );

  test.each(['onceward', 'onceward/browser', 'onceward/profiles', 'onceward/mock', 'onceward/testing'])(
    '%s, imported and not used, leaves nothing',
    async (entry) => {
      const { text, errors } = await bundled(`import '${entry}'`);
      expect(errors).toEqual([]);
      expect(text).toBe('');
    },
  );

  test('what is not used is left out: an error class does not bring the client', async () => {
    const whole = await bundled("export { createClient } from 'onceward'");
    const part = await bundled("export { UsageError } from 'onceward'");
    expect(part.text).toContain('UsageError');
    expect(part.text.length).toBeLessThan(whole.text.length / 20);
  });

  test('a page takes the entry with ports of browsers', async () => {
    const { text } = await bundled("export { createClient } from 'onceward'");
    expect(text).toContain('indexedDB');
    expect(text).not.toMatch(/from"node:|process\.pid/);
  });
});
