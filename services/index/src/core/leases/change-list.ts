import type { ChangeOutcome, ListEntry } from '../catalog.ts';
import type { LeaseComponents, LeaseProof } from './lease-components.ts';
import { leaseUnknown, proveLease } from './prove-lease.ts';

/** A checked change of a list. */
export interface ListChangeTerms {
  removedNames: readonly string[];
  added: readonly ListEntry[];
}

/**
 * Applies one message of changes to a peer's list: removals first.
 *
 * @throws CardumeError LEASE_UNKNOWN (also when the lease ended since the message before), LEASE_SECRET_WRONG
 */
export async function changeList(
  components: LeaseComponents,
  proof: LeaseProof,
  { removedNames, added }: ListChangeTerms,
): Promise<ChangeOutcome> {
  const { catalog, nowMs } = components;
  const changeMs = nowMs();
  const peer = await proveLease(catalog, proof, changeMs);
  const outcome = await catalog.change(peer.peerKey, removedNames, added, changeMs);
  if (outcome === undefined) throw leaseUnknown(proof.peerId);
  return outcome;
}
