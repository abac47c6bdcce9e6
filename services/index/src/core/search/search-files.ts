import { checkPageSize, readPageToken, writePageToken } from '@cardume/service-kit';
import type { Catalog, FileHolders } from '../catalog.ts';
import { defaultPageSize, maxHoldersPerHit, maxPageSize, maxRankedFiles } from '../limits.ts';
import { parseQuery, type SearchTerms } from './parse-query.ts';
import { compareRankPositions, type RankedCandidate, type RankPosition, rankCandidates } from './rank.ts';
import { bytesOfRankPosition, rankPositionOfBytes } from './rank-position-bytes.ts';

/** A request for a page of hits. */
export interface SearchRequest extends SearchTerms {
  /** 0: the default. */
  pageSize: number;
  /** Empty: the first page. */
  pageToken: string;
}

/** A file that was found, with its live holders. */
export type FoundFile = Pick<RankedCandidate, 'name' | 'sizeBytes' | 'digest'> & FileHolders;

/** A page of hits, best first. */
export interface FoundPage {
  files: FoundFile[];
  /** Empty: this is the last page. */
  nextPageToken: string;
  /** Whether more matched than are ranked for one query. */
  truncated: boolean;
}

/**
 * Searches the catalog for a page of hits.
 *
 * @throws CardumeError INVALID_FIELD, PAGE_TOKEN_INVALID
 */
export async function searchFiles(
  catalog: Catalog,
  request: SearchRequest,
  nowMs: number,
  signal: AbortSignal,
): Promise<FoundPage> {
  const plan = parseQuery(request);
  const pageSize = checkPageSize(request.pageSize, { defaultPageSize, maxPageSize });
  const after = readPosition(request);

  const found = await catalog.findCandidates(plan.candidates, nowMs, maxRankedFiles, signal);
  const ranked = rankCandidates(found.candidates, plan.ranking);
  const start = after === undefined ? 0 : ranked.findIndex((file) => compareRankPositions(file, after) > 0);
  const page = start === -1 ? [] : ranked.slice(start, start + pageSize);
  const holders = await catalog.findHolders(
    page.map(({ fileKey }) => fileKey),
    nowMs,
    maxHoldersPerHit,
    signal,
  );

  const last = page.at(-1);
  const isLastPage = last === undefined || last === ranked.at(-1);
  return {
    files: page.flatMap((file) => withHolders(file, holders.get(file.fileKey))),
    nextPageToken: isLastPage ? '' : writePageToken(fingerprint(request), bytesOfRankPosition(last)),
    truncated: found.truncated,
  };
}

/** A file whose last holder left since the candidates were found is no hit any more. */
function withHolders(file: RankedCandidate, holders: FileHolders | undefined): FoundFile[] {
  if (holders === undefined) return [];
  return [{ name: file.name, sizeBytes: file.sizeBytes, digest: file.digest, ...holders }];
}

function readPosition(request: SearchRequest): RankPosition | undefined {
  if (request.pageToken === '') return undefined;
  return rankPositionOfBytes(readPageToken(fingerprint(request), request.pageToken));
}

/** All that a page token is bound to; the page size may change (AIP-158). */
function fingerprint({ query, mode, extension, minSizeBytes, maxSizeBytes }: SearchRequest): string {
  return JSON.stringify(['search', query, mode, extension, minSizeBytes, maxSizeBytes]);
}
