import { crc32 } from 'node:zlib';

export const NEWLINE = 10;
const CRC_LENGTH = 8;

/** One line of the log: newline, CRC-32 of the JSON in eight hex digits, the JSON, newline. The newline in front ends whatever torn
 *  piece the file may end with, so that a piece spoils itself only. JSON text never holds a raw newline. */
export function encodeLine(json: string): Buffer {
  const bytes = Buffer.from(`\n${'0'.repeat(CRC_LENGTH)}${json}\n`);
  const checksum = crc32(bytes.subarray(1 + CRC_LENGTH, -1));
  bytes.write(hex(checksum), 1, 'latin1');
  return bytes;
}

/** The JSON between two newlines, or undefined where the bytes are not a whole line. */
export function decodeLine(bytes: Buffer): string | undefined {
  if (bytes.length <= CRC_LENGTH) return undefined;
  const json = bytes.subarray(CRC_LENGTH);
  if (hex(crc32(json)) !== bytes.toString('latin1', 0, CRC_LENGTH)) return undefined;
  return json.toString('utf8');
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(CRC_LENGTH, '0');
}
