import { type SearchableCatalog, viewForUser } from '../core/rights/view-for-user.ts';
import { searchFiles } from '../core/search/search-files.ts';
import type { Searcher } from '../core/search/searcher.ts';

/** Searches a catalog in this thread. */
export function searchInCatalog(catalog: SearchableCatalog): Searcher {
  return {
    search: (user, request, nowMs, signal) =>
      searchFiles(viewForUser(catalog, user), request, nowMs, {
        signal,
        within: (timeoutMs) => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      }),
  };
}
