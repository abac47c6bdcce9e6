import type { TrigramSample } from './trigram-sample.ts';
import { trigramsOf } from './trigrams-of.ts';

/** How many trigrams of each text are considered, and of all, the rarest ones: to consider one more costs as much as to look at a name. */
const maxConsideredPerText = 12;
const maxConsidered = 48;
/** How many names of the sample tell what one more would leave; thousands would tell little more, and take milliseconds. */
const maxTelling = 256;
/** How many are asked for: more narrow little further. */
const maxAsked = 6;
/** What to ask for one trigram more takes, in names that could be looked at in that time: so much, and so much for each that has it. */
const namesForTrigram = 15;
const namesForPlace = 0.1;
/**
 * What share of names one more is taken to leave where the sample has none to tell by: one of another text; one of the same, which
 * is often beside those that were asked for; and one that shares a character with them.
 */
const leftByOtherText = 1 / 4;
const leftBySameText = 1 / 2;
const leftByOverlapping = 3 / 4;
/** As much as so many names of the sample that guess weighs. */
const weightOfGuess = 2;

/** A trigram of a text that names are to have. */
interface Asked {
  trigram: string;
  text: string;
  /** Where in the text it begins. */
  at: number;
  /** The names of the sample that have it. */
  sampled: readonly number[];
  /** What share of the names that are left it is guessed to leave. */
  guess: number;
}

/**
 * A query of the trigram index for names that have all texts in them, or undefined when no text is long enough.
 *
 * It asks for the rarest trigram, and for more while they leave out more than they take, and so finds a superset; the conditions check
 * the rest. Each trigram is a quoted string, in which only the quote itself means anything.
 */
export function trigramQuery(texts: readonly string[], sample: TrigramSample): string | undefined {
  const chosen = choose(rarestOfEach(texts, sample), sample);
  if (chosen.length === 0) return undefined;
  return chosen.map(({ trigram }) => `"${trigram.replaceAll('"', '""')}"`).join(' AND ');
}

/** Some trigrams of each text, the rarest of all first. */
function rarestOfEach(texts: readonly string[], { namesWith }: TrigramSample): Asked[] {
  const rarer = (a: Asked, b: Asked): number => a.sampled.length - b.sampled.length;
  const rarest = (text: string): Asked[] =>
    trigramsOf(text)
      .map((trigram, at) => ({ trigram, text, at, sampled: namesWith(trigram), guess: leftByOtherText }))
      .sort(rarer)
      .slice(0, maxConsideredPerText);
  const perTrigram = new Map(texts.flatMap(rarest).map((asked) => [asked.trigram, asked]));
  return [...perTrigram.values()].sort(rarer).slice(0, maxConsidered);
}

function choose(trigrams: readonly Asked[], { sampleSize, nameCount }: TrigramSample): Asked[] {
  // One that the sample has not may be in as many names as one sampled name stands for, or in more.
  const namesOf = (sampledCount: number): number => (nameCount * (sampledCount + 1)) / sampleSize;
  const rest = [...trigrams];
  const first = rest.shift();
  if (first === undefined) return [];
  const chosen = [first];
  let left = namesOf(first.sampled.length);
  let telling = evenlyOf(first.sampled, maxTelling);
  guessBeside(first, rest);
  while (chosen.length < maxAsked) {
    let best: { asked: Asked; kept: readonly number[]; share: number; gain: number } | undefined;
    for (const asked of rest) {
      const cost = namesForTrigram + namesForPlace * namesOf(asked.sampled.length);
      // All that come after it are in more names.
      if (cost >= left) break;
      const kept = telling.filter((name) => includesSorted(asked.sampled, name));
      const share = (kept.length + weightOfGuess * asked.guess) / (telling.length + weightOfGuess);
      const gain = left * (1 - share) - cost;
      if (gain > (best?.gain ?? 0)) best = { asked, kept, share, gain };
    }
    if (best === undefined) break;
    const { asked, kept, share } = best;
    left *= share;
    telling = kept;
    chosen.push(...rest.splice(rest.indexOf(asked), 1));
    guessBeside(asked, rest);
  }
  return chosen;
}

/** Guesses anew what share of names others leave, now that one is asked for. */
function guessBeside({ text, at }: Asked, others: readonly Asked[]): void {
  for (const other of others) {
    if (other.text !== text) continue;
    other.guess = Math.max(other.guess, Math.abs(other.at - at) < 3 ? leftByOverlapping : leftBySameText);
  }
}

/** So many names at the most, from everywhere in a list. */
function evenlyOf(names: readonly number[], limit: number): readonly number[] {
  if (names.length <= limit) return names;
  return Array.from({ length: limit }, (_, index) => names[Math.floor((index * names.length) / limit)] ?? 0);
}

function includesSorted(sorted: readonly number[], wanted: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = sorted[middle] ?? wanted;
    if (found === wanted) return true;
    if (found < wanted) low = middle + 1;
    else high = middle;
  }
  return false;
}
