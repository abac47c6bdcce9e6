import type { LeaseComponents, LeaseProof } from './lease-components.ts';
import { leaseUnknown, proveLease } from './prove-lease.ts';

/**
 * Keeps a lease for another TTL. Whether the peer can be dialled is looked at again meanwhile, now and then.
 *
 * @param seenHost the address that the peer is seen at; undefined: none is known
 * @returns how many entries the peer lists, folders among them
 * @throws CardumeError LEASE_UNKNOWN, LEASE_SECRET_WRONG
 */
export async function renewLease(
  components: LeaseComponents,
  proof: LeaseProof,
  seenHost: string | undefined,
): Promise<number> {
  const { catalog, nowMs, leaseTtlMs, pace, reachability } = components;
  const renewMs = nowMs();
  const peer = await proveLease(catalog, proof, renewMs);
  if (!(await catalog.renew(peer.peerKey, renewMs, renewMs + leaseTtlMs))) throw leaseUnknown(proof.peerId);
  pace.note(renewMs);
  reachability.checkAgain(peer, seenHost);
  return peer.fileCount + peer.folderCount;
}
