import { CardumeError } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import type { PublishRequest, PublishResponse } from '@cardume/proto/index/v1';
import { checkEntries } from '../core/checks/check-entries.ts';
import { checkFingerprint } from '../core/checks/check-fingerprint.ts';
import { checkRemovedNames } from '../core/checks/check-removed-names.ts';
import { changeList } from '../core/leases/change-list.ts';
import type { LeaseComponents, LeaseProof } from '../core/leases/lease-components.ts';
import { eachWhileNext } from './each-while-next.ts';
import { readProof } from './read-proof.ts';

/** Handles Publish: each message is applied before the next is looked at. */
export async function handlePublish(
  components: LeaseComponents,
  requests: AsyncIterable<PublishRequest>,
  caller: PeerIdentity | undefined,
): Promise<PublishResponse> {
  let proof: LeaseProof | undefined;
  const total: PublishResponse = { takenFileCount: 0, removedFileCount: 0, fileCount: 0 };
  await eachWhileNext(requests, async (request) => {
    proof = proof === undefined ? readProof(request, caller) : continuedProof(proof, request);
    const added = checkEntries(request.added, 'added');
    const outcome = await changeList(components, proof, {
      removedNames: checkRemovedNames(request.removedNames),
      added,
      listFingerprint: checkFingerprint(request.listFingerprint),
    });
    // Entries of one name count as one list entry, and none of them was refused.
    total.takenFileCount += outcome.takenFileCount + (request.added.length - added.length);
    total.removedFileCount += outcome.removedFileCount;
    total.fileCount = outcome.entryCount;
  });
  if (proof === undefined) throw CardumeError.invalidField('peer_id', 'is required in the first message');
  return total;
}

/** Later messages leave the proof out, or repeat it. */
function continuedProof(
  proof: LeaseProof,
  { peerId, leaseSecret }: Pick<LeaseProof, 'peerId' | 'leaseSecret'>,
): LeaseProof {
  if (peerId !== '' && peerId !== proof.peerId) {
    throw CardumeError.invalidField('peer_id', 'is another one than in the first message');
  }
  if (leaseSecret !== '' && leaseSecret !== proof.leaseSecret) {
    throw CardumeError.invalidField('lease_secret', 'is another one than in the first message');
  }
  return proof;
}
