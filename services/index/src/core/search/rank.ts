import { lastPart } from '@cardume/client/folders';
import type { Candidate } from '../catalog.ts';
import { fold } from './fold.ts';

/** What candidates are ranked by. */
export interface RankingTerms {
  /** The whole query, folded; undefined when it is not of names. */
  text: string | undefined;
  /** Its words, folded. */
  words: readonly string[];
}

/** How well a name fits a query; less is better. What stands in the last part is what people mean more often than its folders. */
export const rankClass = {
  wholeName: 0,
  /** With or without its extension. */
  lastPart: 1,
  wholeWordsOfLastPart: 2,
  wholeWords: 3,
  beginningsInLastPart: 4,
  beginningsOfWords: 5,
  rest: 6,
} as const;

export type RankClass = (typeof rankClass)[keyof typeof rankClass];

/** Where a file stands in the order of hits: all that the order depends on. */
export type RankPosition = Pick<Candidate, 'name' | 'sizeBytes' | 'digest' | 'folder' | 'wholeHolderCount'> & {
  rankClass: RankClass;
  /**
   * How much else the last part says, 0 to 255: how many words of letters only it has (`bash_5.2_amd64.deb` two,
   * `bash-doc_5.2_all.deb` four), and 128 more when it begins with no word of the query.
   */
  otherWords: number;
};

/** A candidate with its place in the order of hits. */
export type RankedCandidate = Candidate & RankPosition;

/**
 * Puts candidates in the order of hits: by class, then by how many hold the file whole, then those whose last part says the
 * least else, and is the shortest, then by name and content, so that no two of them are equal.
 *
 * How lately their holders renewed says nothing here: all live ones do every few seconds, and an order that changes as often
 * could not be paged through.
 */
export function rankCandidates(candidates: readonly Candidate[], terms: RankingTerms): RankedCandidate[] {
  const placed = candidates.map((candidate) => {
    const last = lastPart(candidate.foldedName);
    const ranked: RankedCandidate = {
      fileKey: candidate.fileKey,
      name: candidate.name,
      foldedName: candidate.foldedName,
      sizeBytes: candidate.sizeBytes,
      digest: candidate.digest,
      wholeHolderCount: candidate.wholeHolderCount,
      folder: candidate.folder,
      rankClass: classOf(candidate, terms, last),
      otherWords: otherWordsOf(last, terms.words),
    };
    return { ranked, place: placeOf(ranked) };
  });
  return placed
    .sort((a, b) => a.place - b.place || compareRankPositions(a.ranked, b.ranked))
    .map(({ ranked }) => ranked);
}

const mostHolders = 2 ** 27;

/**
 * All that is a number of what `compareRankPositions` compares first, as one: class, holders, other words, length. A sort
 * compares each name a dozen times.
 */
function placeOf({ rankClass: fit, wholeHolderCount, otherWords, name }: RankPosition): number {
  const byHolders = fit * mostHolders + (mostHolders - 1 - Math.min(wholeHolderCount, mostHolders - 1));
  // A name has fewer than 2^11 bytes, and this is less than 2^53.
  return (byHolders * 2 ** 8 + otherWords) * 2 ** 11 + lastPartLength(name);
}

/** Less than 0 when `a` comes before `b` among the hits. */
export function compareRankPositions(a: RankPosition, b: RankPosition): number {
  return (
    a.rankClass - b.rankClass ||
    b.wholeHolderCount - a.wholeHolderCount ||
    a.otherWords - b.otherWords ||
    lastPartLength(a.name) - lastPartLength(b.name) ||
    compareTexts(a.name, b.name) ||
    compareTexts(a.digest, b.digest) ||
    a.sizeBytes - b.sizeBytes ||
    (a.folder?.fileCount ?? -1) - (b.folder?.fileCount ?? -1) ||
    (a.folder?.totalSizeBytes ?? 0) - (b.folder?.totalSizeBytes ?? 0)
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function classOf({ name, foldedName }: Candidate, { text, words }: RankingTerms, last: string): RankClass {
  if (foldedName === text) return rankClass.wholeName;
  if (text !== undefined && text !== '' && (last === text || withoutExtension(last) === text))
    return rankClass.lastPart;
  const plain = fitOf(words, last, foldedName);
  // What folding leaves as it is has no capitals; to ask that first takes a tenth of the time.
  if (plain === rankClass.wholeWordsOfLastPart || name === foldedName || !hasCamelCase.test(name)) return plain;
  const split = fold(name.replace(camelCase, ' '));
  return Math.min(plain, fitOf(words, lastPart(split), split)) as RankClass;
}

/** The class by words: the last part alone is looked at first, and then with its folders. */
function fitOf(words: readonly string[], last: string, whole: string): RankClass {
  const ofLast = worstOf(words, last);
  if (ofLast === fit.whole) return rankClass.wholeWordsOfLastPart;
  const ofWhole = last === whole ? ofLast : worstOf(words, whole);
  if (ofWhole === fit.whole) return rankClass.wholeWords;
  if (ofLast === fit.beginning) return rankClass.beginningsInLastPart;
  return ofWhole === fit.beginning ? rankClass.beginningsOfWords : rankClass.rest;
}

/** As `lastPart`, but without making one: a sort asks for it a dozen times for each name. */
function lastPartLength(name: string): number {
  return name.length - 1 - name.lastIndexOf('/');
}

function withoutExtension(last: string): string {
  const dot = last.lastIndexOf('.');
  return dot <= 0 ? last : last.slice(0, dot);
}

function otherWordsOf(last: string, words: readonly string[]): number {
  const begins = words.some((word) => last.startsWith(word) && isBoundary(last, word.length));
  return Math.min(127, letterWordsOf(last)) + (begins ? 0 : 128);
}

/** How many runs of letters and digits have only letters. */
function letterWordsOf(text: string): number {
  let count = 0;
  let run: 'none' | 'letters' | 'mixed' = 'none';
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const isDigit = unit >= 0x30 && unit <= 0x39;
    if (isDigit) run = 'mixed';
    else if (!isWordCharacter(text, at)) {
      if (run === 'letters') count += 1;
      run = 'none';
    } else if (run === 'none') run = 'letters';
  }
  return run === 'letters' ? count + 1 : count;
}

// Between a small and a capital letter, and before the last capital of several: `myHTTPServer` is three words.
const hasCamelCase = /\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
const camelCase = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu;

/** How a word stands in a text; less is better. */
const fit = { whole: 0, beginning: 1, inside: 2, absent: 3 } as const;

type Fit = (typeof fit)[keyof typeof fit];

/** The fit of the word that fits worst: hits are as good as that. */
function worstOf(words: readonly string[], text: string): Fit {
  let worst: Fit = words.length === 0 ? fit.inside : fit.whole;
  for (const word of words) {
    const one = wordFit(word, text);
    if (one > worst) worst = one;
    if (worst === fit.absent) break;
  }
  return worst;
}

function wordFit(word: string, text: string): Fit {
  let best: Fit = fit.absent;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (best === fit.absent) best = fit.inside;
    if (!isBoundary(text, at)) continue;
    if (isBoundary(text, at + word.length)) return fit.whole;
    best = fit.beginning;
  }
  return best;
}

const letterOrDigit = /[\p{L}\p{N}]/u;

/** Whether a word may begin or end at a place of a text: one of its two neighbours is no letter or digit. */
function isBoundary(text: string, at: number): boolean {
  return !isWordCharacter(text, at - 1) || !isWordCharacter(text, at);
}

function isWordCharacter(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (Number.isNaN(unit)) return false;
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
  // The halves of a surrogate pair count as letters: emoji are rarely searched for, other scripts often.
  return (unit >= 0xd800 && unit <= 0xdfff) || letterOrDigit.test(text.charAt(at));
}
