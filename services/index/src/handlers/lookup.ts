import type { LookupRequest, LookupResponse } from '@cardume/proto/index/v1';
import { checkQueries } from '../core/checks/check-queries.ts';
import type { SearchedCatalog } from '../core/rights/view-for-user.ts';
import { lookUpFiles } from '../core/search/look-up-files.ts';
import { messageOfHit } from './message-of-hit.ts';

/** Handles Lookup. */
export async function handleLookup(
  catalog: SearchedCatalog,
  request: LookupRequest,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<LookupResponse> {
  const { includeFolders } = request;
  const terms = { queries: checkQueries(request.queries), includeFolders };
  const results = await lookUpFiles(catalog, terms, nowMs, signal);
  const answerMs = nowMs();
  return { results: results.map((files) => ({ hits: files.map((file) => messageOfHit(file, answerMs)) })) };
}
