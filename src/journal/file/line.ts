import { crc32 } from 'node:zlib';

export const NEWLINE = 10;
const RETURN = 13;
const CRC_LENGTH = 8;
/** Bytes in front of the checksum of a line, and in all around its text. */
export const SEPARATOR = 2;
export const FRAME: number = SEPARATOR + CRC_LENGTH + 1;
const FRONT = `\r\n${'0'.repeat(CRC_LENGTH)}`;
const SEPARATING_TAB = 9;
/** So much room is left behind a text that one of more bytes than characters cannot be cut to just as many bytes as it has characters. */
const SPARE = 4;
const ZERO = 48;
const NINE = 57;
const LETTER = 97 - 10;

/** One line of the log: return and newline, CRC-32 of the text in eight hex digits, the text, newline. The newline in front ends whatever torn
 *  piece the file may end with, so that a piece spoils itself only; the return spoils one that lacks nothing but its newline: its writer was told
 *  that it was not written, and the next line must not make it whole. The text is JSON and tabs, and never holds a raw newline. */
export function encodeLine(text: string): Buffer {
  return sealed(Buffer.from(`${FRONT}${text}\n`));
}

/** The same of texts with tabs between them. Each is copied once, straight to where it stands: joined first, they would be copied three times, and
 *  what is long enough for that is made of fresh pages each time. `plain`: one byte a character, so that places in the text are places in the line. */
export function encodeLineOfTexts(texts: readonly string[]): { readonly bytes: Buffer; readonly plain: boolean } {
  let length = FRAME + texts.length - 1;
  for (const text of texts) length += text.length;
  const bytes = Buffer.allocUnsafe(length + SPARE);
  let at = bytes.write(FRONT, 'latin1');
  for (const text of texts) {
    if (at > FRONT.length) bytes[at++] = SEPARATING_TAB;
    const written = bytes.write(text, at, 'utf8');
    if (written !== text.length) return { bytes: encodeLine(texts.join('\t')), plain: false };
    at += written;
  }
  bytes[at++] = NEWLINE;
  return { bytes: sealed(bytes.subarray(0, at)), plain: true };
}

function sealed(bytes: Buffer): Buffer {
  const checksum = crc32(bytes.subarray(FRONT.length, -1));
  bytes.write(checksum.toString(16).padStart(CRC_LENGTH, '0'), SEPARATOR, 'latin1');
  return bytes;
}

/** What stands between two newlines is only what separates lines. */
export function isBlank(bytes: Buffer, start: number, stop: number): boolean {
  return stop === start || (stop === start + 1 && bytes[start] === RETURN);
}

/** The text between two newlines, or undefined where the bytes are not a whole line. */
export function decodeLine(bytes: Buffer): Buffer | undefined {
  if (bytes.length <= CRC_LENGTH) return undefined;
  const text = bytes.subarray(CRC_LENGTH);
  return crc32(text) === checksumOf(bytes) ? text : undefined;
}

/** Where the whole lines among `bytes` stand, each with what separates it from the one before: as its writer wrote it. */
export function* wholeLines(bytes: Buffer): Generator<readonly [from: number, to: number]> {
  for (let start = 0; ; ) {
    const stop = bytes.indexOf(NEWLINE, start);
    if (stop < 0) return;
    if (decodeLine(bytes.subarray(start, stop)) !== undefined) yield [Math.max(0, start - SEPARATOR), stop + 1];
    start = stop + 1;
  }
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
