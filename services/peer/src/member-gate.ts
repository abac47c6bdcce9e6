import { TransferServiceDefinition } from '@cardume/proto/transfer/v1';
import { type CallGate, createNetworkGate, type RevokedMembers } from '@cardume/service-kit';

const ofService = `/${TransferServiceDefinition.fullName}/`;
/** What needs more than to read. */
const sendingMethods = new Set(['Offer', 'Upload', 'GetUpload'].map((name) => ofService + name));

/** Lets members of the network in, and nobody else. */
export function createMemberGate(networkId: string, revoked: RevokedMembers): CallGate {
  return createNetworkGate({
    networkId,
    roleFor: (path) => (sendingMethods.has(path) ? 'member' : 'reader'),
    isRevoked: (member) => revoked.has(member),
    nowMs: () => Date.now(),
  });
}
