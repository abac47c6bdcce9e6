import { callerPlace, TokenBuckets } from '@cardume/service-kit';
import {
  dialBudgetWindowMs,
  maxDialBudgetKeys,
  maxFailedDials,
  maxFailedDialsPerPeer,
  maxFailedDialsPerPlace,
  maxFailedDialsPerTarget,
} from '../limits.ts';

/** Who wants to be dialled back. */
export interface DialCaller {
  /** The address that it is seen at; undefined: none is known. */
  seenHost: string | undefined;
  /** The peer that its certificate names; undefined without one. */
  certifiedPeerId: string | undefined;
}

/** What a dial back has taken of the budget. */
export interface DialCharge {
  /** Counts the addresses that are about to be dialled; false: one of them was dialled in vain too often. */
  addTargets(addresses: readonly string[]): boolean;
  /** Gives all of it back: the peer answered, so that nobody was scanned or flooded. */
  giveBack(): void;
}

/**
 * How often the index dials in vain: for a peer, for the place that callers are seen at, at an address, and in all. Peers that answer
 * as themselves cost nothing, however often they join.
 */
export class DialBudget {
  readonly #ofPeer: TokenBuckets;
  readonly #ofPlace: TokenBuckets;
  readonly #ofTarget: TokenBuckets;
  readonly #ofAll: TokenBuckets;

  /** @param nowMs a clock in milliseconds */
  constructor(nowMs: () => number) {
    const buckets = (size: number): TokenBuckets =>
      new TokenBuckets({ size, windowMs: dialBudgetWindowMs, maxKeys: maxDialBudgetKeys, nowMs });
    this.#ofPeer = buckets(maxFailedDialsPerPeer);
    this.#ofPlace = buckets(maxFailedDialsPerPlace);
    this.#ofTarget = buckets(maxFailedDialsPerTarget);
    this.#ofAll = buckets(maxFailedDials);
  }

  /**
   * Begins a dial back.
   *
   * @param caller whom it is charged to; undefined: nobody, as a peer that is dialled again where it was before
   * @returns undefined when it may not be dialled now
   */
  begin(caller: DialCaller | undefined): DialCharge | undefined {
    const taken: [TokenBuckets, string][] = [];
    const giveBack = (): void => {
      for (const [buckets, key] of taken.splice(0)) buckets.giveBack(key);
    };
    const take = (buckets: TokenBuckets, key: string): boolean => {
      const isTaken = buckets.take(key);
      if (isTaken) taken.push([buckets, key]);
      return isTaken;
    };
    const isLetIn =
      take(this.#ofAll, '') &&
      (caller === undefined ||
        (take(this.#ofPlace, callerPlace(caller.seenHost)) &&
          (caller.certifiedPeerId === undefined || take(this.#ofPeer, caller.certifiedPeerId))));
    if (!isLetIn) {
      giveBack();
      return undefined;
    }
    return {
      addTargets: (addresses) => {
        const areLetIn = addresses.every((address) => take(this.#ofTarget, callerPlace(address)));
        if (!areLetIn) giveBack();
        return areLetIn;
      },
      giveBack,
    };
  }
}
