import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit/paging';
import { defaultPageSize, maxHoldersPerHit, maxPageSize, maxRankedFiles, maxSuggestMs } from '../limits.ts';
import type { SearchedCatalog } from '../rights/view-for-user.ts';
import { type FoundFile, fillPage } from './fill-page.ts';
import { parseQuery, type SearchTerms } from './parse-query.ts';
import { compareRankPositions, type RankPosition, rankCandidates } from './rank.ts';
import { bytesOfRankPosition, rankPositionOfBytes } from './rank-position-bytes.ts';
import { suggestQueries } from './suggest/suggest-queries.ts';

/** A request for a page of hits. */
export interface SearchRequest extends SearchTerms {
  /** 0: the default. */
  pageSize: number;
  /** Empty: the first page. */
  pageToken: string;
}

/** A page of hits, best first. */
export interface FoundPage {
  /** Fewer than the page size also when more would exceed `maxPageBytes`. */
  files: FoundFile[];
  /** Empty: this is the last page. */
  nextPageToken: string;
  /** Whether more matched than are ranked for one query. */
  truncated: boolean;
  /** Queries that find something, when this one finds nothing; see `suggestQueries`. */
  suggestions: string[];
}

/** How long a caller waits. */
export interface Patience {
  /** Fires when the caller has gone. */
  signal: AbortSignal;
  /** A signal that fires with it, or after so many milliseconds. */
  within(timeoutMs: number): AbortSignal;
}

/**
 * Searches the catalog for a page of hits; for queries that find something, when there are none.
 *
 * @param patience a search that finds nothing is over after `maxSuggestMs` more
 * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID
 */
export async function searchFiles(
  catalog: SearchedCatalog,
  request: SearchRequest,
  nowMs: number,
  patience: Patience,
): Promise<FoundPage> {
  const { signal } = patience;
  const page = await findPage(catalog, request, nowMs, signal);
  if (!isMiss(request, page)) return page;
  const inTime = patience.within(maxSuggestMs);
  return { ...page, suggestions: await suggestQueries(request, { catalog, nowMs, signal, inTime }) };
}

/** Whether something else may be suggested for a search. */
export function isMiss({ pageToken }: SearchRequest, { files, nextPageToken, truncated }: FoundPage): boolean {
  return files.length === 0 && pageToken === '' && nextPageToken === '' && !truncated;
}

/** As `searchFiles`, but suggests nothing. @param plan the request's, for who has read it already */
export async function findPage(
  catalog: SearchedCatalog,
  request: SearchRequest,
  nowMs: number,
  signal: AbortSignal,
  plan = parseQuery(request),
): Promise<FoundPage> {
  const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
  const after = readPosition(request);

  const found = await catalog.findCandidates(plan.candidates, nowMs, maxRankedFiles, signal);
  const ranked = rankCandidates(found.candidates, plan.ranking);
  const start = after === undefined ? 0 : ranked.findIndex((file) => compareRankPositions(file, after) > 0);
  const wanted = start === -1 ? [] : ranked.slice(start, start + pageSize);
  const holders = await catalog.findHolders(
    wanted.map(({ fileKey }) => fileKey),
    nowMs,
    maxHoldersPerHit,
    signal,
  );

  const { files, last } = fillPage(wanted, holders);
  const isLastPage = last === undefined || last === ranked.at(-1);
  return {
    files,
    nextPageToken: isLastPage ? '' : writePageToken(fingerprint(request), bytesOfRankPosition(last)),
    truncated: found.truncated,
    suggestions: [],
  };
}

function readPosition(request: SearchRequest): RankPosition | undefined {
  if (request.pageToken === '') return undefined;
  return rankPositionOfBytes(readPageToken(fingerprint(request), request.pageToken));
}

/** All that a page token is bound to; the page size may change (AIP-158). */
function fingerprint(request: SearchRequest): string {
  const { query, mode, extension, minSizeBytes, maxSizeBytes, includeFolders } = request;
  return JSON.stringify(['search', query, mode, extension, minSizeBytes, maxSizeBytes, includeFolders]);
}
