const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

const multipliers: Record<string, number> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
};

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

/**
 * Reads a size: `500`, `10MB`, `10 MiB`, `1.5G`. Units are SI unless they have an `i`; their case does not matter.
 *
 * @returns whole bytes, rounded; or undefined when the text is not a size, or one too large to count exactly
 */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)\s*([kmgt]?i?)b?$/i.exec(text.trim());
  const multiplier = multipliers[match?.[2]?.toLowerCase() ?? '?'];
  if (match === null || multiplier === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * multiplier);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
