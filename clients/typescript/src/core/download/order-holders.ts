import type { Address } from '../address/address.ts';
import type { Holder } from '../model/search.ts';

/** A holder to be tried. */
export interface HolderToTry extends Address {
  peerId: string;
  /** Whether it has only some of the pieces yet. */
  partial: boolean;
  /** Whether it is asked again when it does not have the file: it is about to get it. Default: false. */
  mayComeLater?: boolean;
  /** Whether the index could dial it. Default: not known. */
  reachable?: boolean;
}

/**
 * The holders, best first: those that fewer report, then whole ones, then those that the index reached, then the most
 * recently renewed. A holder that is listed twice stands once, as the better of the two.
 */
export function orderHolders(holders: readonly Holder[]): HolderToTry[] {
  const seen = new Set<string>();
  return holders
    .toSorted(
      (a, b) =>
        a.reportCount - b.reportCount ||
        Number(a.partial) - Number(b.partial) ||
        Number(b.reachable) - Number(a.reachable) ||
        a.renewalAgeMs - b.renewalAgeMs,
    )
    .filter(({ host, port }) => {
      const key = `${host} ${port}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .map(({ peerId, host, port, partial, reachable }) => ({ peerId, host, port, partial, reachable }));
}
