/** The middle value; of an even number the mean of both. NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the two nearest ranks. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median of the ratios of what was measured side by side: what slows both of a pair down, a busy disk or another process, cancels out. */
export function pairedRatio(values: readonly number[], floor: readonly number[]): number {
  return median(values.slice(0, floor.length).map((value, at) => value / (floor[at] ?? Number.NaN)));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
