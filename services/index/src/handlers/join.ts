import { durationFromMs } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import type { JoinRequest, JoinResponse } from '@cardume/proto/index/v1';
import { callerHost } from '@cardume/service-kit';
import { checkAllowedUsers } from '../core/checks/check-allowed-users.ts';
import { checkEndpoint } from '../core/checks/check-endpoint.ts';
import { checkEntries } from '../core/checks/check-entries.ts';
import { checkFingerprint } from '../core/checks/check-fingerprint.ts';
import { checkShareName } from '../core/checks/check-share-name.ts';
import { checkTags } from '../core/checks/check-tags.ts';
import { joinPeer } from '../core/leases/join-peer.ts';
import type { LeaseComponents } from '../core/leases/lease-components.ts';
import { checkSecretForm } from '../core/leases/lease-secret.ts';
import { ownPeerId } from './read-proof.ts';

/** Handles Join. The whole request is checked before anything of it is stored. */
export async function handleJoin(
  components: LeaseComponents,
  request: JoinRequest,
  { transportPeer, caller }: { transportPeer: string; caller: PeerIdentity | undefined },
): Promise<JoinResponse> {
  const peerId = ownPeerId(request.peerId, caller);
  const leaseSecret = checkSecretForm(request.leaseSecret);
  const seenHost = callerHost(transportPeer);
  const host = checkEndpoint(request.host, request.port, seenHost, components.policy);
  const shareName = checkShareName(request.shareName);
  const allowedUsers = checkAllowedUsers(request.allowedUsers, caller?.user);
  const tags = checkTags(request.tags);
  const entries = checkEntries(request.files, 'files');
  const listFingerprint = checkFingerprint(request.listFingerprint);

  const isCertified = caller !== undefined;
  const { port, takesOffers } = request;
  const lease = await joinPeer(components, {
    peerId,
    leaseSecret,
    isCertified,
    caller: { seenHost, certifiedPeerId: caller?.peerId },
    host,
    port,
    shareName,
    allowedUsers,
    tags,
    takesOffers,
    entries,
    listFingerprint,
  });
  const { leaseTtlMs, pace } = components;
  return {
    peerId: lease.peerId,
    leaseSecret: lease.leaseSecret,
    leaseTtl: durationFromMs(leaseTtlMs),
    renewInterval: durationFromMs(pace.intervalMs),
    host,
    reachable: lease.reachable,
    // Entries of one name count as one list entry, and none of them was refused.
    takenFileCount: lease.listKept ? 0 : lease.takenEntryCount + (request.files.length - entries.length),
    listKept: lease.listKept,
    fileCount: lease.entryCount,
    allowedUsers,
  };
}
