import type { MatchMode } from '@cardume/client';
import { fold } from '../fold.ts';
import { splitTerms } from '../query-terms.ts';

/** A part of a query, by its place there. */
export interface QueryPart {
  start: number;
  end: number;
}

/** A run of letters and digits of a query. */
export interface QueryWord extends QueryPart {
  /** Folded. */
  text: string;
}

/** A part of a query that names have, with the words in it. */
export interface QueryTerm extends QueryPart {
  words: QueryWord[];
}

const runs = /[\p{L}\p{N}\p{M}]+/gu;
const runsOfFolded = /[\p{L}\p{N}]+/gu;

/** What of a query is looked for in names: of keywords what is no filter and not excluded, of the other modes all. */
export function termsOfQuery(query: string, mode: MatchMode): QueryTerm[] {
  const parts: QueryPart[] =
    mode === 'keywords'
      ? [...splitTerms(query)].filter(({ isExcluded, operator }) => !isExcluded && operator === '')
      : [{ start: 0, end: query.length }];
  return parts.map(({ start, end }) => ({ start, end, words: wordsIn(query, start, end) }));
}

/** Not what stands before a colon: in its place, `size` or `ext` would make a filter of the term. */
function wordsIn(query: string, start: number, end: number): QueryWord[] {
  return Array.from(query.slice(start, end).matchAll(runs), ({ 0: run, index }) => ({
    start: start + index,
    end: start + index + run.length,
    text: fold(run),
  })).filter((word) => query[word.end] !== ':');
}

/** The words of a folded name. */
export function wordsOfName(folded: string): string[] {
  return folded.match(runsOfFolded) ?? [];
}

/** A query with other words in the place of some of its own, which are in the order of their places. */
export function withWords(query: string, replaced: readonly { word: QueryPart; by: string }[]): string {
  return replaced.reduceRight((text, { word, by }) => text.slice(0, word.start) + by + text.slice(word.end), query);
}

/** A query without one of its parts. */
export function withoutPart(query: string, { start, end }: QueryPart): string {
  return `${query.slice(0, start).trimEnd()} ${query.slice(end).trimStart()}`.trim();
}
