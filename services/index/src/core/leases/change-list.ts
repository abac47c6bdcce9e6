import type { ChangeOutcome, ListEntry } from '../catalog.ts';
import type { LeaseComponents, LeaseProof } from './lease-components.ts';
import { leaseUnknown, proveLease } from './prove-lease.ts';

/** A checked change of a list. */
export interface ListChangeTerms {
  removedNames: readonly string[];
  added: readonly ListEntry[];
  /** That of the list as this leaves it; empty: it has none. */
  listFingerprint: Uint8Array;
}

/**
 * Applies one message of changes to a peer's list: removals first.
 *
 * @throws CardumeError LEASE_UNKNOWN (also when the lease ended since the message before), LEASE_SECRET_WRONG
 */
export async function changeList(
  components: LeaseComponents,
  proof: LeaseProof,
  { removedNames, added, listFingerprint }: ListChangeTerms,
): Promise<ChangeOutcome> {
  const { catalog, keeper, nowMs } = components;
  const changeMs = nowMs();
  const peer = await proveLease(catalog, proof, changeMs);
  // As a join does.
  await keeper.clear(added.length);
  const outcome = await catalog.change(peer.peerKey, removedNames, added, changeMs, listFingerprint);
  if (outcome === undefined) throw leaseUnknown(proof.peerId);
  return outcome;
}
