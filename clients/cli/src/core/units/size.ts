const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/**
 * Writes a number of bytes for people, in SI units with three digits: `999 B`, `1.50 kB`, `124 MB`.
 *
 * @param bytes a size, or bytes in a second; anything that is no size is written as `?`
 */
export function formatSize(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '?';
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = 0;
  // From 999.5 on, three digits would be written as 1.00e+3.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 999.5 ? value.toPrecision(3) : Math.round(value)} ${units[unit]}`;
}
