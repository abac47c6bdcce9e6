import { maxHoldersPerHit, maxLookupBytes, maxLookupMs } from '../limits.ts';
import type { SearchedCatalog } from '../rights/view-for-user.ts';
import { type FoundFile, fillPage } from './fill-page.ts';
import { type LookupTerms, rankEach } from './rank-each.ts';

/**
 * Looks up what each of many names and digests means: the first page of hits that a search for it has.
 *
 * @param nowMs also says when `maxLookupMs` are over
 * @returns the files of each, of as many of the first queries as time and `maxLookupBytes` allow, but at least one
 * @throws what the signal was aborted with, when the caller has gone
 */
export async function lookUpFiles(
  catalog: SearchedCatalog,
  terms: LookupTerms,
  nowMs: () => number,
  signal: AbortSignal,
): Promise<FoundFile[][]> {
  const startMs = nowMs();
  const results: FoundFile[][] = [];
  let roomBytes = maxLookupBytes;
  for await (const group of rankEach(catalog, terms, startMs, signal)) {
    const fileKeys = group.flatMap((ranked) => ranked.map(({ fileKey }) => fileKey));
    const holders = await catalog.findHolders(fileKeys, startMs, maxHoldersPerHit, signal);
    for (const ranked of group) {
      const { files, textBytes } = fillPage(ranked, holders);
      roomBytes -= textBytes;
      if (roomBytes < 0 && results.length > 0) return results;
      results.push(files);
    }
    if (nowMs() - startMs >= maxLookupMs && results.length > 0) return results;
  }
  return results;
}
