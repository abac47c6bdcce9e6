import type { LeaseComponents, LeaseProof } from './lease-components.ts';
import { leaseUnknown, proveLease } from './prove-lease.ts';

/**
 * Ends a lease at once.
 *
 * @throws CardumeError LEASE_UNKNOWN, LEASE_SECRET_WRONG
 */
export async function leaveIndex(components: LeaseComponents, proof: LeaseProof): Promise<void> {
  const { catalog, keeper, nowMs, logger, metrics } = components;
  const leaveMs = nowMs();
  const peer = await proveLease(catalog, proof, leaveMs);
  if (!(await catalog.retire(peer.peerKey, leaveMs))) throw leaseUnknown(proof.peerId);
  const { peerId, host, port, fileCount } = peer;
  logger.info({ peerId, host, port, files: fileCount }, 'peer left');
  metrics.left();
  // What is small is gone when the caller hears of it; the keeper clears the rest.
  await keeper.clear(1);
  keeper.wake();
}
