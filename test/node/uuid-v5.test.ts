import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, test } from 'vitest';
import { nodeUuidV5 } from '../../src/node/uuid-v5.ts';

test('Node names every content as the package uuid does: records of any platform are compared with each other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uuid(), (content, namespace) => {
      expect(nodeUuidV5(content, namespace)).toBe(v5(content, namespace));
    }),
    { numRuns: 500 },
  );
});
