import type { LookupRequest, LookupResponse } from '@cardume/proto/index/v1';
import type { Catalog } from '../core/catalog.ts';
import { checkQueries } from '../core/checks/check-queries.ts';
import { lookUpFiles } from '../core/search/look-up-files.ts';
import { messageOfHit } from './message-of-hit.ts';

/** Handles Lookup. */
export async function handleLookup(
  catalog: Catalog,
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
