import { CardumeError, type MatchMode } from '@cardume/client';
import { type SearchRequest, type SearchResponse, MatchMode as WireMatchMode } from '@cardume/proto/index/v1';
import type { Searcher } from '../core/search/searcher.ts';
import { messageOfHit } from './message-of-hit.ts';

const modeOf = new Map<number, MatchMode>([
  [WireMatchMode.MATCH_MODE_UNSPECIFIED, 'keywords'],
  [WireMatchMode.MATCH_MODE_KEYWORDS, 'keywords'],
  [WireMatchMode.MATCH_MODE_EXACT, 'exact'],
  [WireMatchMode.MATCH_MODE_PREFIX, 'prefix'],
  [WireMatchMode.MATCH_MODE_GLOB, 'glob'],
  [WireMatchMode.MATCH_MODE_DIGEST, 'digest'],
]);

/** Handles Search. */
export async function handleSearch(
  searcher: Searcher,
  request: SearchRequest,
  user: string | undefined,
  nowMs: number,
  signal: AbortSignal,
): Promise<SearchResponse> {
  const mode = modeOf.get(request.matchMode);
  if (mode === undefined) throw CardumeError.invalidField('match_mode', `has no value ${request.matchMode}`);
  const page = await searcher.search(user, { ...request, mode }, nowMs, signal);
  return {
    hits: page.files.map((file) => messageOfHit(file, nowMs)),
    nextPageToken: page.nextPageToken,
    truncated: page.truncated,
    suggestions: page.suggestions,
  };
}
