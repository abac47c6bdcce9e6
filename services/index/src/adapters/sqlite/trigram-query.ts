import type { TrigramCounts } from './trigram-rarity.ts';
import { trigramsOf } from './trigrams-of.ts';

/** How many trigrams of each text may be asked for: more narrow little further. */
const maxTrigramsPerText = 4;
/** What to ask for one trigram more takes, in names that could be looked at in that time: so much, and so much for each that has it. */
const namesForTrigram = 15;
const namesForPlace = 0.1;
/** What share of names one more is taken to leave: one of a text that none was asked of yet, and one that is often beside those that were. */
const leftByOtherText = 1 / 4;
const leftBySameText = 1 / 2;

/** A trigram of a text that names are to have. */
interface Asked {
  trigram: string;
  text: string;
}

/**
 * A query of the trigram index for names that have all texts in them, or undefined when no text is long enough.
 *
 * It asks for the rarest trigram, and for more while they leave out more than they take, and so finds a superset; the conditions check
 * the rest. Each trigram is a quoted string, in which only the quote itself means anything.
 */
export function trigramQuery(texts: readonly string[], counts: TrigramCounts): string | undefined {
  const chosen = choose(rarestOfEach(texts, counts), counts);
  if (chosen.length === 0) return undefined;
  return chosen.map(({ trigram }) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

/** Some trigrams of each text, the rarest of all first. */
function rarestOfEach(texts: readonly string[], { countOf }: TrigramCounts): Asked[] {
  const rarest = (text: string): Asked[] =>
    [...new Set(trigramsOf(text))]
      .sort((a, b) => countOf(a) - countOf(b))
      .slice(0, maxTrigramsPerText)
      .map((trigram) => ({ trigram, text }));
  const perTrigram = new Map(texts.flatMap(rarest).map((asked) => [asked.trigram, asked]));
  return [...perTrigram.values()].sort((a, b) => countOf(a.trigram) - countOf(b.trigram));
}

function choose(trigrams: readonly Asked[], { countOf, sampleSize, nameCount }: TrigramCounts): Asked[] {
  // One that the sample has not may be in as many names as one sampled name stands for, or in more.
  const namesWith = ({ trigram }: Asked): number => (nameCount * (countOf(trigram) + 1)) / sampleSize;
  const [first, ...rest] = trigrams;
  if (first === undefined) return [];
  const chosen = [first];
  let left = namesWith(first);
  for (;;) {
    const isOfSame = ({ text }: Asked): boolean => chosen.some((asked) => asked.text === text);
    // Of each kind the first is the rarest.
    const gains = [rest.find(isOfSame), rest.find((asked) => !isOfSame(asked))].flatMap((asked) => {
      if (asked === undefined) return [];
      const leaves = isOfSame(asked) ? leftBySameText : leftByOtherText;
      return { asked, leaves, gain: left * (1 - leaves) - namesForTrigram - namesForPlace * namesWith(asked) };
    });
    const best = gains.sort((a, b) => b.gain - a.gain)[0];
    if (best === undefined || best.gain <= 0) return chosen;
    left *= best.leaves;
    chosen.push(...rest.splice(rest.indexOf(best.asked), 1));
  }
}
