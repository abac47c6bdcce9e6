import type { Candidate } from '../../catalog.ts';
import { editDistance } from './edit-distance.ts';
import { halvesOf, intactPieces } from './intact-pieces.ts';
import { wordsOfName } from './words-of-query.ts';

/** How many names are looked at for each way in which a word may have been mistyped. */
const namesPerTry = 100;
const namesPerHalf = 500;
/** From how many characters on two edits leave enough of a word to know it. */
const minLengthForTwo = 6;

/** Finds files whose names have all texts in them, at most so many. */
export type FindNames = (texts: readonly string[], limit: number) => Promise<readonly Candidate[]>;

/**
 * Finds words of names that were likely meant by a word that no name has: those with the fewest edits between, at most one for
 * words of less than six characters and two for others; of these, the most frequent first.
 */
export async function nearWords(word: string, findNames: FindNames): Promise<string[]> {
  const seen = new NearWords(word);
  const takeEach = async (tries: readonly string[][], limit: number): Promise<void> => {
    // At once, for an engine that does several at once.
    await Promise.all(tries.map(async (pieces) => seen.take(await findNames(pieces, limit))));
  };
  await takeEach(intactPieces(word), namesPerTry);
  if (seen.isEmpty) await takeEach(halvesOf(word), namesPerHalf);
  return seen.best();
}

/** Words that are near to one, of the names that were seen. */
class NearWords {
  readonly #word: string;
  readonly #most: number;
  readonly #files = new Set<number>();
  readonly #distances = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  constructor(word: string) {
    this.#word = word;
    this.#most = word.length < minLengthForTwo ? 1 : 2;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  take(candidates: readonly Candidate[]): void {
    for (const { fileKey, foldedName } of candidates) {
      if (this.#files.has(fileKey)) continue;
      this.#files.add(fileKey);
      for (const word of new Set(wordsOfName(foldedName))) {
        if (this.#distanceOf(word) <= this.#most) this.#counts.set(word, (this.#counts.get(word) ?? 0) + 1);
      }
    }
  }

  best(): string[] {
    const words = [...this.#counts.keys()];
    const least = Math.min(...words.map((word) => this.#distanceOf(word)));
    const countOf = (word: string): number => this.#counts.get(word) ?? 0;
    return words
      .filter((word) => this.#distanceOf(word) === least)
      .sort((a, b) => countOf(b) - countOf(a) || (a < b ? -1 : 1));
  }

  #distanceOf(word: string): number {
    let distance = this.#distances.get(word);
    if (distance === undefined) {
      distance = editDistance(this.#word, word, this.#most);
      this.#distances.set(word, distance);
    }
    return distance;
  }
}
