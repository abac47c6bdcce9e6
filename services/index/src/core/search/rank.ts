import type { Candidate } from '../catalog.ts';
import { fold } from './fold.ts';

/** What candidates are ranked by. */
export interface RankingTerms {
  /** The whole query, folded; undefined when it is not of names. */
  text: string | undefined;
  /** Its words, folded. */
  words: readonly string[];
}

/** How well a name fits a query; less is better. */
export const rankClass = {
  wholeName: 0,
  lastPart: 1,
  wholeWords: 2,
  beginningsOfWords: 3,
  rest: 4,
} as const;

export type RankClass = (typeof rankClass)[keyof typeof rankClass];

/** Where a file stands in the order of hits: all that the order depends on. */
export type RankPosition = Pick<Candidate, 'name' | 'sizeBytes' | 'digest' | 'folder' | 'wholeHolderCount'> & {
  rankClass: RankClass;
};

/** A candidate with its place in the order of hits. */
export type RankedCandidate = Candidate & RankPosition;

/**
 * Puts candidates in the order of hits: by class, then by how many hold the file whole, then by name and content, so
 * that no two of them are equal.
 */
export function rankCandidates(candidates: readonly Candidate[], terms: RankingTerms): RankedCandidate[] {
  return candidates
    .map((candidate) => ({ ...candidate, rankClass: classOf(candidate, terms) }))
    .sort(compareRankPositions);
}

/** Less than 0 when `a` comes before `b` among the hits. */
export function compareRankPositions(a: RankPosition, b: RankPosition): number {
  return (
    a.rankClass - b.rankClass ||
    b.wholeHolderCount - a.wholeHolderCount ||
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

function classOf({ name, foldedName }: Candidate, { text, words }: RankingTerms): RankClass {
  if (foldedName === text) return rankClass.wholeName;
  if (text !== undefined && text !== '' && foldedName.endsWith(`/${text}`)) return rankClass.lastPart;
  const plain = worstOf(words, foldedName);
  if (plain === rankClass.wholeWords || !hasCamelCase.test(name)) return plain;
  const split = worstOf(words, fold(name.replace(camelCase, ' ')));
  return Math.min(plain, split) as RankClass;
}

// Between a small and a capital letter, and before the last capital of several: `myHTTPServer` is three words.
const hasCamelCase = /\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
const camelCase = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu;

/** The class of the word that fits worst: hits are as good as that. */
function worstOf(words: readonly string[], text: string): RankClass {
  let worst: RankClass = words.length === 0 ? rankClass.rest : rankClass.wholeWords;
  for (const word of words) {
    const fit = wordFit(word, text);
    if (fit > worst) worst = fit;
    if (worst === rankClass.rest) break;
  }
  return worst;
}

function wordFit(word: string, text: string): RankClass {
  let best: RankClass = rankClass.rest;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    if (!isBoundary(text, at)) continue;
    if (isBoundary(text, at + word.length)) return rankClass.wholeWords;
    best = rankClass.beginningsOfWords;
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
