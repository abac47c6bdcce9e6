import { lastPart } from '@cardume/client/folders';
import type { Candidate } from '../../catalog.ts';
import { queryProblem } from '../../checks/query-problem.ts';
import { maxSuggestions } from '../../limits.ts';
import type { SearchedCatalog } from '../../rights/view-for-user.ts';
import type { CandidateQuery } from '../candidate-query.ts';
import { fold } from '../fold.ts';
import { parseQuery, type SearchTerms } from '../parse-query.ts';
import { nearWords } from './near-words.ts';
import { type QueryTerm, type QueryWord, termsOfQuery, withoutPart, withWords } from './words-of-query.ts';

/** Words of this many characters are corrected: of shorter ones too many are near, and names' words are seldom longer. */
const minWordLength = 4;
const maxWordLength = 64;
/** How many words are looked up; and of how many a query is corrected: with more it is not mistyped, but about something else. */
const maxWordsLookedUp = 16;
const maxCorrectedWords = 3;
/** How many other words are tried for each. */
const maxWordsTried = 4;

/** What suggestions are made with. */
export interface SuggestInit {
  catalog: Pick<SearchedCatalog, 'findCandidates'>;
  nowMs: number;
  /** Its abort is thrown. */
  signal: AbortSignal;
  /** When it fires, what there is by then is all. It fires with `signal`. */
  inTime: AbortSignal;
}

/**
 * Makes queries of one that found nothing, which find something: in which words that no name has are words that names have,
 * or one word is left out; those most likely meant first, at most `maxSuggestions`. For an exact name, names that differ from it
 * in case only, or in such words. None for globs and digests.
 */
export async function suggestQueries(terms: SearchTerms, init: SuggestInit): Promise<string[]> {
  const suggestions = new Set<string>();
  try {
    for await (const suggestion of new Suggester(terms, init).suggest()) {
      suggestions.add(suggestion);
      if (suggestions.size === maxSuggestions) break;
    }
  } catch (error) {
    if (init.signal.aborted || !init.inTime.aborted) throw error;
  }
  return [...suggestions];
}

class Suggester {
  readonly #terms: SearchTerms;
  readonly #init: SuggestInit;

  constructor(terms: SearchTerms, init: SuggestInit) {
    this.#terms = terms;
    this.#init = init;
  }

  async *suggest(): AsyncGenerator<string, void, undefined> {
    const { query, mode } = this.#terms;
    if (mode === 'glob' || mode === 'digest') return;
    if (mode === 'exact') yield* this.#thatFind(query);
    const terms = termsOfQuery(query, mode);
    const words = terms.flatMap((term) => term.words).filter(isCorrectable);
    const unknown: string[] = [];
    for (const text of [...new Set(words.map((word) => word.text))].slice(0, maxWordsLookedUp)) {
      if ((await this.#findNames([text], 1)).length === 0) unknown.push(text);
    }
    if (unknown.length > maxCorrectedWords) return;
    const mistyped = words.filter(({ text }) => unknown.includes(text));
    for await (const corrected of this.#corrected(unknown, mistyped)) yield* this.#thatFind(corrected);
    if (mode !== 'keywords') return;
    yield* this.#withoutOne(
      terms,
      terms.filter((term) => term.words.some((word) => mistyped.includes(word))),
    );
  }

  /** Queries with other words in the place of those that no name has: the most likely one of each first. */
  async *#corrected(unknown: readonly string[], places: readonly QueryWord[]): AsyncGenerator<string, void, undefined> {
    const others = new Map<string, readonly string[]>();
    for (const text of unknown) {
      const near = await nearWords(text, (texts, limit) => this.#findNames(texts, limit));
      if (near.length === 0) return;
      others.set(text, near.slice(0, maxWordsTried));
    }
    const best = new Map([...others].map(([text, [first = text]]) => [text, first]));
    const put = (chosen: ReadonlyMap<string, string>): string =>
      withWords(
        this.#terms.query,
        places.map((word) => ({ word, by: chosen.get(word.text) ?? word.text })),
      );
    if (best.size > 0) yield put(best);
    // Each of the others beside the best ones of the other words.
    for (const [text, near] of others) for (const other of near.slice(1)) yield put(new Map(best).set(text, other));
  }

  /** Queries without the one part because of which nothing was found. */
  async *#withoutOne(
    terms: readonly QueryTerm[],
    unknown: readonly QueryTerm[],
  ): AsyncGenerator<string, void, undefined> {
    if (unknown.length > 1) return;
    for (const term of unknown.length === 1 ? unknown : terms) {
      const rest = terms.filter((other) => other !== term);
      // By less than a whole word everything would be looked at.
      if (rest.some(({ words }) => words.some(isLongEnough)))
        yield* this.#thatFind(withoutPart(this.#terms.query, term));
    }
  }

  /** The query, if it finds something; in place of an exact name, the names that are the same but for case. */
  async *#thatFind(query: string): AsyncGenerator<string, void, undefined> {
    if (queryProblem(query) !== null) return;
    const { candidates } = parseQuery({ ...this.#terms, query });
    if (this.#terms.mode !== 'exact') {
      if ((await this.#find(candidates, 1)).length > 0) yield query;
      return;
    }
    const conditions = candidates.conditions.filter(({ kind }) => kind !== 'exact');
    for (const { name, foldedName } of await this.#find({ ...candidates, conditions }, maxSuggestions)) {
      const exact = foldedName === fold(query) ? name : lastPart(name);
      if (queryProblem(exact) === null) yield exact;
    }
  }

  #findNames(texts: readonly string[], limit: number): Promise<readonly Candidate[]> {
    const { includeFolders } = this.#terms;
    const query: CandidateQuery = {
      lookups: [{ kind: 'contains', texts }],
      conditions: texts.map((text) => ({ kind: 'contains', text })),
      includeFolders,
      minSizeBytes: 0,
      maxSizeBytes: Number.POSITIVE_INFINITY,
    };
    return this.#find(query, limit);
  }

  async #find(query: CandidateQuery, limit: number): Promise<readonly Candidate[]> {
    const { catalog, nowMs, inTime } = this.#init;
    inTime.throwIfAborted();
    return (await catalog.findCandidates(query, nowMs, limit, inTime)).candidates;
  }
}

function isCorrectable(word: QueryWord): boolean {
  // A number is not mistyped for another one that is there.
  return isLongEnough(word) && word.text.length <= maxWordLength && /\p{L}/u.test(word.text);
}

function isLongEnough({ text }: QueryWord): boolean {
  return text.length >= minWordLength;
}
