import type { TrigramCounts } from './trigram-rarity.ts';
import { trigramsOf } from './trigrams-of.ts';

/** How many trigrams of each text are asked for, and of all together: more narrow little further, and each takes its time. */
const maxTrigramsPerText = 4;
const maxTrigrams = 6;
/** One that more of the names have is asked for only when there is no other: to read where it is takes longer than what it leaves out. */
const largestShare = 0.03;

/**
 * A query of the trigram index for names that have all texts in them, or undefined when no text is long enough.
 *
 * It asks for the rarest trigrams only, and so finds a superset; the conditions check the rest. Each trigram is a quoted string, in
 * which only the quote itself means anything.
 */
export function trigramQuery(texts: readonly string[], { countOf, sampleSize }: TrigramCounts): string | undefined {
  const perText = texts.map((text) => rarest([...new Set(trigramsOf(text))], maxTrigramsPerText, countOf));
  const chosen = rarest([...new Set(perText.flat())], maxTrigrams, countOf).filter(
    (trigram, at) => at === 0 || countOf(trigram) <= sampleSize * largestShare,
  );
  if (chosen.length === 0) return undefined;
  return chosen.map((trigram) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

function rarest(trigrams: string[], count: number, countOf: (trigram: string) => number): string[] {
  return trigrams.sort((a, b) => countOf(a) - countOf(b)).slice(0, count);
}
