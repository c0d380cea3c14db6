const UNITS: readonly (readonly [suffix: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
];

/** A name from a journal as a terminal may show it: whoever chose it must not move its cursor, hide a line or turn the writing round. */
export function safe(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A word for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** How long, in its largest unit: 45s, 12m, 3h, 9d. */
export function span(ms: number): string {
  const [suffix, unit] = UNITS.find(([, one]) => Math.abs(ms) >= one) ?? ['s', 1000];
  return `${Math.floor(Math.abs(ms) / unit)}${suffix}`;
}

/** A moment, in UTC. A stored number may be no date at all. */
export function moment(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at}` : date.toISOString();
}

export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

export function count(many: number, one: string, plural = `${one}s`): string {
  return `${many} ${many === 1 ? one : plural}`;
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
