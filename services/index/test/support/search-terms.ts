import type { SearchTerms } from '../../src/core/search/parse-query.ts';

/** What a search asks for: every file, but for what is given. */
export function searchTerms(terms: Partial<SearchTerms>): SearchTerms {
  return {
    query: '',
    mode: 'keywords',
    extension: '',
    includeFolders: false,
    minSizeBytes: 0,
    maxSizeBytes: 0,
    ...terms,
  };
}
