/** How often a peer should renew, in milliseconds: so that two renewals may be lost before its lease ends. */
export function renewIntervalMs(leaseTtlMs: number): number {
  return Math.round(leaseTtlMs / 3);
}
