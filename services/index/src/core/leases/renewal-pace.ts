import { maxRenewalsPerSecond } from '../limits.ts';

/** Of a lease, after how long a peer renews when few do: two renewals may be lost before it ends. */
const usualShare = 1 / 3;
/** And when very many do: it still has two fifths of the lease to try again. */
const greatestShare = 3 / 5;
/** How many times in a lease the pace is looked at. */
const looksPerLease = 10;

/**
 * Says how often peers should renew: after a third of their lease, and later when so many renew that an index would do
 * little else. Each peer is told with its next renewal.
 */
export class RenewalPace {
  readonly #leaseTtlMs: number;
  #intervalMs: number;
  #count = 0;
  #sinceMs: number;

  constructor(leaseTtlMs: number, nowMs: number) {
    this.#leaseTtlMs = leaseTtlMs;
    this.#intervalMs = leaseTtlMs * usualShare;
    this.#sinceMs = nowMs;
  }

  /** Counts a renewal. */
  note(nowMs: number): void {
    this.#count += 1;
    const elapsedMs = nowMs - this.#sinceMs;
    if (elapsedMs < this.#leaseTtlMs / looksPerLease) return;
    // Those who renewed do so once in the interval that they were told.
    const peers = (this.#count / elapsedMs) * this.#intervalMs;
    const neededMs = (peers / maxRenewalsPerSecond) * 1_000;
    this.#intervalMs = Math.min(this.#leaseTtlMs * greatestShare, Math.max(this.#leaseTtlMs * usualShare, neededMs));
    this.#count = 0;
    this.#sinceMs = nowMs;
  }

  /** After how long a peer should renew, in milliseconds. */
  get intervalMs(): number {
    return Math.round(this.#intervalMs);
  }
}
