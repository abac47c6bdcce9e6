import type { Logger } from '@cardume/service-kit';
import type { AddressPolicy } from '../addresses/address-policy.ts';
import type { Catalog } from '../catalog.ts';
import type { IndexMetrics } from '../index-metrics.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Reachability } from './reachability.ts';
import type { RenewalPace } from './renewal-pace.ts';

/** What the rules of leases work with. */
export interface LeaseComponents {
  catalog: Catalog;
  keeper: LeaseKeeper;
  reachability: Reachability;
  /** Which addresses peers may have. */
  policy: AddressPolicy;
  /** Milliseconds since 1970, by a clock that does not jump. */
  nowMs: () => number;
  randomBytes: (count: number) => Uint8Array;
  leaseTtlMs: number;
  pace: RenewalPace;
  logger: Logger;
  metrics: IndexMetrics;
}

/** Proves that a call is by the peer that holds the lease. */
export interface LeaseProof {
  peerId: string;
  leaseSecret: string;
  /** Whether a certificate proves that the caller is that peer, so that it needs no secret. */
  isCertified: boolean;
}
