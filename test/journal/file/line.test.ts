import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeLine, encodeLine } from '../../../src/journal/file/line.ts';

/** What stands between the newlines. */
function inner(json: string): Buffer {
  return encodeLine(json).subarray(2, -1);
}

describe('a line of the log', () => {
  test('is return, newline, eight hex digits, JSON, newline', () => {
    expect(encodeLine('{"a":"€"}').toString()).toBe('\r\n07301cf1{"a":"€"}\n');
  });

  test('comes back, whatever the JSON holds', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const line = encodeLine(JSON.stringify(JSON.parse(json)));
        expect(line.indexOf(10, 2)).toBe(line.length - 1);
        expect(decodeLine(line.subarray(2, -1))?.toString()).toBe(JSON.stringify(JSON.parse(json)));
      }),
    );
  });

  test('with one bit changed, or cut short, or with bytes behind it, is none', () => {
    const json = JSON.stringify({ r: [{ k: 'claim', i: 'shop/alice/cart' }] });
    const whole = inner(json);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeLine(flipped)).toBeUndefined();
    }
    for (let length = 0; length < whole.length; length++) {
      expect(decodeLine(whole.subarray(0, length))).toBeUndefined();
    }
    expect(decodeLine(Buffer.concat([whole, Buffer.from(' ')]))).toBeUndefined();
    expect(decodeLine(whole)?.toString()).toBe(json);
  });
});
