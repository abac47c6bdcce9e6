import type { Hit } from '../model/search.ts';

/**
 * Merges hits of one content under several names: all its holders, under the best name.
 *
 * Its size is what its holders say, and one may lie: for each size that is said there is one merged hit, the one that
 * most peers hold first. Only the right one can be downloaded.
 *
 * @param hits the same digest in all of them, the best named first
 */
export function mergeHits(hits: readonly [Hit, ...Hit[]]): [Hit, ...Hit[]] {
  const [first, ...others] = [...Map.groupBy(hits, ({ sizeBytes }) => sizeBytes).values()]
    .map((same) => mergeSameSize(same, hits[0]))
    .toSorted((a, b) => b.holderCount - a.holderCount);
  return [first ?? hits[0], ...others];
}

function mergeSameSize(hits: readonly Hit[], best: Hit): Hit {
  const holders = new Map(hits.flatMap((hit) => hit.holders).map((holder) => [holder.peerId, holder]));
  const holderCount = Math.max(holders.size, ...hits.map((hit) => hit.holderCount));
  const { sizeBytes } = hits[0] ?? best;
  return { ...best, sizeBytes, holders: [...holders.values()], holderCount };
}
