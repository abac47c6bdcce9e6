import type { Address } from '../address/address.ts';
import type { Holder } from '../model/search.ts';

/** A holder to be tried. */
export type HolderToTry = Pick<Holder, 'peerId'> & Address;

/**
 * The holders in the order in which one at a time is tried: only whole ones; those that fewer report first, then those that
 * the index reached, then the most recently renewed. A holder that is listed twice stands once.
 */
export function orderHolders(holders: readonly Holder[]): HolderToTry[] {
  const seen = new Set<string>();
  return holders
    .filter(({ partial }) => !partial)
    .toSorted(
      (a, b) =>
        a.reportCount - b.reportCount || Number(b.reachable) - Number(a.reachable) || a.renewalAgeMs - b.renewalAgeMs,
    )
    .filter(({ host, port }) => {
      const key = `${host} ${port}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .map(({ peerId, host, port }) => ({ peerId, host, port }));
}
