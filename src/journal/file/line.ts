import { crc32 } from 'node:zlib';

export const NEWLINE = 10;
const CRC_LENGTH = 8;
const ZERO = 48;
const NINE = 57;
const LETTER = 97 - 10;

/** One line of the log: newline, CRC-32 of the text in eight hex digits, the text, newline. The newline in front ends whatever torn piece the
 *  file may end with, so that a piece spoils itself only. The text is JSON and tabs, and never holds a raw newline. */
export function encodeLine(text: string): Buffer {
  return sealed(Buffer.from(`\n${'0'.repeat(CRC_LENGTH)}${text}\n`));
}

/** The same from bytes. */
export function encodeLineOf(text: Buffer): Buffer {
  return sealed(Buffer.concat([Buffer.from(`\n${'0'.repeat(CRC_LENGTH)}`), text, Buffer.from([NEWLINE])]));
}

function sealed(bytes: Buffer): Buffer {
  const checksum = crc32(bytes.subarray(1 + CRC_LENGTH, -1));
  bytes.write(checksum.toString(16).padStart(CRC_LENGTH, '0'), 1, 'latin1');
  return bytes;
}

/** The text between two newlines, or undefined where the bytes are not a whole line. */
export function decodeLine(bytes: Buffer): Buffer | undefined {
  if (bytes.length <= CRC_LENGTH) return undefined;
  const text = bytes.subarray(CRC_LENGTH);
  return crc32(text) === checksumOf(bytes) ? text : undefined;
}

/** By hand: this runs once a line of a log that may have a hundred thousand. */
function checksumOf(bytes: Buffer): number {
  let value = 0;
  for (let at = 0; at < CRC_LENGTH; at++) {
    const digit = bytes[at] ?? 0;
    // Anything but 0-9 and a-f must not add up to the right sum: it was not written by us.
    if (digit < ZERO || digit > 102 || (digit > NINE && digit < 97)) return -1;
    value = value * 16 + digit - (digit <= NINE ? ZERO : LETTER);
  }
  return value;
}
