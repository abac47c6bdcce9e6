import type { FoundPage, SearchRequest } from './search-files.ts';

/** What answers searches: in this thread, or beside it. */
export interface Searcher {
  /**
   * Searches what a user may see for a page of hits; see `searchFiles`.
   *
   * @param user undefined: only what is for everybody
   * @param signal fires when the caller has gone; then its reason is thrown
   * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID, and as the catalog does
   */
  search(user: string | undefined, request: SearchRequest, nowMs: number, signal: AbortSignal): Promise<FoundPage>;
}
