import type { Hit, IndexClient, SearchQuery } from '@cardume/client';

/** What a search found. */
export interface FoundHits {
  hits: Hit[];
  /** Whether there are more than were asked for. */
  more: boolean;
  /** Whether more names matched than the index ranks for one query. */
  truncated: boolean;
}

/** The largest page that an index gives. */
const maxPageSize = 500;
/** More than an honest index ranks for one query; what a hostile one sends is not taken beyond it. */
const maxHits = 100_000;

/**
 * Collects the hits of a search, page by page.
 *
 * @param limit how many at the most; 0: all, up to 100,000
 * @throws CardumeError as the index answers
 */
export async function collectHits(
  index: IndexClient,
  query: SearchQuery,
  limit: number,
  signal: AbortSignal,
): Promise<FoundHits> {
  const wanted = limit === 0 ? maxHits : Math.min(limit, maxHits);
  const hits: Hit[] = [];
  let pageToken: string | undefined;
  let truncated = false;
  do {
    // One more than wanted tells whether there are more.
    const pageSize = Math.min(maxPageSize, wanted + 1 - hits.length);
    const page = await index.search({ ...query, pageSize, pageToken }, { signal });
    hits.push(...page.hits);
    truncated ||= page.truncated;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && hits.length <= wanted);
  return { hits: hits.slice(0, wanted), more: hits.length > wanted, truncated };
}
