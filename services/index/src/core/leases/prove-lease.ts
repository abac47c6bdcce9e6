import { CardumeError } from '@cardume/client';
import type { Catalog, PeerRecord } from '../catalog.ts';
import type { LeaseProof } from './lease-components.ts';
import { isLeaseSecret } from './lease-secret.ts';

/**
 * Finds the live lease that a caller says is its own, and checks that it is.
 *
 * @throws CardumeError LEASE_UNKNOWN, LEASE_SECRET_WRONG
 */
export async function proveLease(
  catalog: Pick<Catalog, 'findPeer'>,
  proof: LeaseProof,
  nowMs: number,
): Promise<PeerRecord> {
  const peer = await catalog.findPeer(proof.peerId, nowMs);
  if (peer === undefined) throw leaseUnknown(proof.peerId);
  if (!proof.isCertified && !isLeaseSecret(proof.leaseSecret, peer.secretHash)) throw leaseSecretWrong(peer, nowMs);
  return peer;
}

/** The error for a peer that holds no lease. */
export function leaseUnknown(peerId: string): CardumeError {
  return new CardumeError('LEASE_UNKNOWN', `peer ${peerId} holds no lease here; join again`, {
    metadata: { peer_id: peerId },
  });
}

/** The error for a call about a live lease without its secret; it says when the lease ends. */
export function leaseSecretWrong(peer: Pick<PeerRecord, 'peerId' | 'expireMs'>, nowMs: number): CardumeError {
  const message =
    `peer ${peer.peerId} holds a lease, and lease_secret is not the one that Join returned for it; ` +
    'wait until that lease ends, or give its secret';
  return new CardumeError('LEASE_SECRET_WRONG', message, {
    metadata: { peer_id: peer.peerId },
    retryDelayMs: Math.max(1, Math.ceil(peer.expireMs - nowMs)),
  });
}
