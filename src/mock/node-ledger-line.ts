import { Buffer } from 'node:buffer';
import { crc32 } from 'node:zlib';
import type { Answer } from './answer.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { LedgerChange } from './ledger-store.ts';

/** The first line of the file. */
const FORMAT = { ledger: 'onceward mock', version: 1 } as const;

/** What the file holds. */
export interface LedgerText {
  readonly changes: readonly LedgerChange[];
  /** Bytes up to the end of the last whole line: what follows was being written when the process died, and was never acknowledged. */
  readonly whole: number;
}

export const FIRST_LINE: Buffer = encode(FORMAT);

/** CRC-32 of the JSON in eight hex digits, a space, the JSON, a newline. */
export function encodeChange(change: LedgerChange): Buffer {
  return encode(written(change));
}

/** Reads the file from its first line on.
 *  @throws Error naming `file` where it is not such a file, of a newer version, or damaged before its end */
export function decodeLedger(bytes: Buffer, file: string): LedgerText {
  const changes: LedgerChange[] = [];
  let whole = 0;
  for (let line = 1; whole < bytes.length; line += 1) {
    const end = bytes.indexOf('\n', whole);
    const json = end === -1 ? undefined : decodeLine(bytes.subarray(whole, end));
    if (json === undefined) {
      if (end !== -1 && hasWholeLine(bytes, end + 1)) throw damaged(file, line);
      break;
    }
    if (line === 1) checkFormat(json, file);
    else changes.push(read(json as Written));
    whole = end + 1;
  }
  return { changes, whole };
}

function encode(value: unknown): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${checksum(Buffer.from(json))} ${json}\n`);
}

function decodeLine(line: Buffer): unknown {
  const json = line.subarray(9);
  if (json.length === 0 || line.subarray(0, 9).toString('latin1') !== `${checksum(json)} `) return undefined;
  return JSON.parse(json.toString()) as unknown;
}

function checksum(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

function hasWholeLine(bytes: Buffer, from: number): boolean {
  for (let start = from; ; ) {
    const end = bytes.indexOf('\n', start);
    if (end === -1) return false;
    if (decodeLine(bytes.subarray(start, end)) !== undefined) return true;
    start = end + 1;
  }
}

function checkFormat(json: unknown, file: string): void {
  const { ledger, version } = (json ?? {}) as Partial<Record<string, unknown>>;
  if (ledger === FORMAT.ledger && version === FORMAT.version) return;
  throw new Error(
    ledger === FORMAT.ledger
      ? `${file} was written by a newer onceward (format ${String(version)}); use that one, or another directory.`
      : `${file} is not the ledger of a mock; use another directory.`,
  );
}

function damaged(file: string, line: number): Error {
  return new Error(
    `${file} is damaged in line ${line}, with whole lines behind it: not what a process leaves that dies. Move the file away to start anew, or use another directory.`,
  );
}

/** JSON has neither bytes nor Infinity: bodies are in base64, and what never ends is null. */
interface Written {
  readonly kind: LedgerChange['kind'];
  readonly fingerprint?: { readonly head: string; readonly body: string };
  readonly answer?: { readonly status: number; readonly headers: Answer['headers']; readonly body: string };
  readonly stored?: {
    readonly fingerprint: { readonly head: string; readonly body: string };
    readonly expiresAt: number | null;
  };
  readonly expiresAt?: number | null;
}

function written(change: LedgerChange): object {
  if (change.kind === 'effect') return change;
  if (change.kind === 'locked') {
    return { ...change, fingerprint: withText(change.fingerprint), expiresAt: finite(change.expiresAt) };
  }
  const { answer, stored } = change;
  return {
    ...change,
    answer: withText(answer),
    ...(stored && { stored: { fingerprint: withText(stored.fingerprint), expiresAt: finite(stored.expiresAt) } }),
  };
}

function read(json: Written): LedgerChange {
  const { fingerprint, answer, stored, expiresAt } = json;
  return {
    ...json,
    ...(fingerprint && { fingerprint: withBytes(fingerprint), expiresAt: expiresAt ?? Number.POSITIVE_INFINITY }),
    ...(answer && { answer: withBytes(answer) }),
    ...(stored && {
      stored: { fingerprint: withBytes(stored.fingerprint), expiresAt: stored.expiresAt ?? Number.POSITIVE_INFINITY },
    }),
  } as LedgerChange;
}

function withText<T extends Fingerprint | Answer>(one: T): Omit<T, 'body'> & { body: string } {
  return { ...one, body: Buffer.from(one.body).toString('base64') };
}

function withBytes<T extends { readonly body: string }>(one: T): Omit<T, 'body'> & { body: Uint8Array<ArrayBuffer> } {
  return { ...one, body: new Uint8Array(Buffer.from(one.body, 'base64')) };
}

function finite(at: number): number | null {
  return Number.isFinite(at) ? at : null;
}
