/** The most trigrams that one lookup asks for: more narrow little further. */
const maxTrigrams = 24;

/**
 * A query of the trigram index for names that have all texts in them, or undefined when no text is long enough.
 *
 * It finds a superset: that the trigrams stand side by side is checked by the conditions. Each trigram is a quoted
 * string, in which only the quote itself means anything.
 */
export function trigramQuery(texts: readonly string[]): string | undefined {
  const perText = texts.map(trigramsOf).filter((trigrams) => trigrams.length > 0);
  const share = Math.max(1, Math.floor(maxTrigrams / Math.max(1, perText.length)));
  const chosen = new Set(perText.flatMap((trigrams) => spread(trigrams, share)));
  if (chosen.size === 0) return undefined;
  return [...chosen].map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

/** By code points, as the index does. */
function trigramsOf(text: string): string[] {
  const points = [...text];
  return points.slice(2).map((_, index) => points.slice(index, index + 3).join(''));
}

/** At most `count` of the items, evenly from the first to the last. */
function spread(items: readonly string[], count: number): string[] {
  if (items.length <= count) return [...items];
  const step = (items.length - 1) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, index) => items[Math.round(index * step)] ?? '');
}
