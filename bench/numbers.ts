/** A figure with as many digits as mean something, and its unit; a dash where there is none. */
export function figure(value: number | undefined, unit = ''): string {
  if (value === undefined || Number.isNaN(value)) return '-';
  const size = Math.abs(value);
  const digits =
    size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4;
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })}${unit}`;
}
