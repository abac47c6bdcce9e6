/** The middle value; of an even number, the mean of the middle two. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[Math.floor(index)] ?? Number.NaN;
  return (at((sorted.length - 1) / 2) + at(sorted.length / 2)) / 2;
}

/** The middle value and the range, as text: `1.02 (0.98-1.10)`. */
export function medianAndRange(values: readonly number[], digits: number): string {
  const format = (value: number): string =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const least = Math.min(...values);
  const between = least < 0 ? ' to ' : '-';
  return `${format(median(values))} (${format(least)}${between}${format(Math.max(...values))})`;
}
