import type { Hit, IndexClient, SearchQuery } from '@cardume/client';
import { collect } from '../core/collect.ts';
import { maxCollectedCharacters, maxHits } from '../core/limits.ts';

/** What a search found. */
export interface FoundHits {
  hits: Hit[];
  /** Whether there are more than were asked for. */
  more: boolean;
  /** Whether more names matched than the index ranks for one query. */
  truncated: boolean;
  /** What may have been meant, when there are no hits. */
  suggestions: string[];
}

/** The largest page that an index gives. */
const maxPageSize = 500;

/**
 * Collects the hits of a search, page by page.
 *
 * @param limit how many at the most; 0: all, up to 100,000
 * @throws CardumeError as the index answers; LIMIT_REACHED when it answers without end
 */
export async function collectHits(
  index: IndexClient,
  query: SearchQuery,
  limit: number,
  signal: AbortSignal,
): Promise<FoundHits> {
  const maxItems = limit === 0 ? maxHits : Math.min(limit, maxHits);
  // One more than wanted tells whether there are more.
  const pageSize = Math.min(maxPageSize, maxItems + 1);
  // Only a page says whether the ranking was cut off, and every page says the same.
  const first = await index.search({ ...query, pageSize }, { signal });
  const list = async function* (): AsyncGenerator<Hit> {
    yield* first.hits;
    const pageToken = first.nextPageToken;
    if (pageToken !== undefined) yield* index.searchAll({ ...query, pageSize, pageToken }, { signal });
  };
  const { items, more } = await collect(list(), { maxItems, maxCharacters: maxCollectedCharacters });
  return { hits: items, more, truncated: first.truncated, suggestions: first.suggestions };
}
