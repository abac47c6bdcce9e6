import { CardumeError } from '@cardume/client';
import type { DialCaller } from '../addresses/dial-budget.ts';
import type { ListEntry } from '../catalog.ts';
import { maxPeers } from '../limits.ts';
import type { AllowedUsers } from '../rights/allowed-users.ts';
import type { LeaseComponents } from './lease-components.ts';
import { hashLeaseSecret, isLeaseSecret } from './lease-secret.ts';
import { leaseSecretWrong } from './prove-lease.ts';

/** A checked request to join. */
export interface JoinTerms {
  /** Undefined: one is made. */
  peerId: string | undefined;
  /** The secret of the lease to be replaced; empty on a first join. */
  leaseSecret: string;
  /** Whether a certificate proves that the caller is that peer, so that it needs no secret. */
  isCertified: boolean;
  /** Who says where it is. */
  caller: DialCaller;
  host: string;
  port: number;
  shareName: string;
  /** Who may see the lease and its list, the caller's own user among them; of none, everybody may. */
  allowedUsers: AllowedUsers;
  /** Each once. */
  tags: readonly string[];
  /** Whether it takes what others offer. */
  takesOffers: boolean;
  entries: readonly ListEntry[];
  /** That of the list that the peer believes to have here; empty: none. */
  listFingerprint: Uint8Array;
}

/** A lease that began. */
export interface BegunLease {
  peerId: string;
  leaseSecret: string;
  reachable: boolean;
  takenEntryCount: number;
  /** Whether the list is the one that the peer had here before. */
  listKept: boolean;
  /** How many entries the list has now, folders among them. */
  entryCount: number;
}

// A lost race means that another Join of the same peer came between; more than one in a row is already odd.
const maxAttempts = 5;

/**
 * Begins a lease, in place of the peer's old one if it proves that it is its own.
 *
 * A lease that is replaced keeps its secret: when the answer to a Join is lost, the peer can still join again.
 *
 * @throws CardumeError LEASE_SECRET_WRONG, LIMIT_REACHED
 */
export async function joinPeer(components: LeaseComponents, terms: JoinTerms): Promise<BegunLease> {
  const { catalog, keeper, nowMs, randomBytes, leaseTtlMs, logger, metrics, reachability } = components;
  const { caller, host, port, shareName, allowedUsers, tags, takesOffers, entries, listFingerprint } = terms;
  const peerId = terms.peerId ?? Buffer.from(randomBytes(32)).toString('hex');
  // A join pays for as much clearing as it adds, so that joining and leaving in a circle cannot fill the disk.
  await keeper.clear(entries.length);

  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const joinMs = nowMs();
    const old = await catalog.findPeer(peerId, joinMs);
    const isSecret = old !== undefined && isLeaseSecret(terms.leaseSecret, old.secretHash);
    if (old !== undefined && !isSecret && !terms.isCertified) throw leaseSecretWrong(old, joinMs);
    const leaseSecret = isSecret ? terms.leaseSecret : Buffer.from(randomBytes(32)).toString('base64url');
    const peer = {
      peerId,
      host,
      port,
      shareName,
      allowedUsers,
      tags,
      takesOffers,
      secretHash: hashLeaseSecret(leaseSecret),
      joinMs,
      expireMs: joinMs + leaseTtlMs,
    };
    const outcome = await catalog.join(peer, entries, old?.peerKey, listFingerprint);
    if (outcome.kind === 'held') continue;
    if (outcome.kind === 'full') throw tooManyPeers();

    keeper.wake();
    metrics.joined();
    const message = old === undefined ? 'peer joined' : 'peer replaced';
    const { takenFileCount: takenEntryCount, listKept, entryCount } = outcome;
    logger.info({ peerId, host, port, files: entryCount, listKept }, message);
    const reachable = await reachability.check({ peerKey: outcome.peerKey, peerId, host, port }, caller);
    return { peerId, leaseSecret, reachable, takenEntryCount, listKept, entryCount };
  }
  throw new CardumeError('LEASE_SECRET_WRONG', `peer ${peerId} is joining from several places at once; run it once`, {
    metadata: { peer_id: peerId },
    retryDelayMs: leaseTtlMs,
  });
}

function tooManyPeers(): CardumeError {
  return new CardumeError('LIMIT_REACHED', `this index has ${maxPeers} peers, which is all that it takes; try later`, {
    metadata: { limit: 'maxPeers' },
  });
}
