import { describe, expect, test } from 'vitest';
import { walk } from '../support/client-known-name.ts';
import { MEDIA } from '../support/client-media.ts';
import { nodeWith } from '../support/client-node.ts';

describe.each(Object.entries(MEDIA))('a call with a known name, %s journal', (_kind, makeMedium) => {
  test.each(walk(nodeWith(makeMedium)))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
