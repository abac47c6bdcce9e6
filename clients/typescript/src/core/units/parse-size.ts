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
