import { CardumeError } from '@cardume/client';
import type { PeerIdentity } from '@cardume/client/trust';
import { checkPeerId } from '../core/checks/check-peer-id.ts';
import type { LeaseProof } from '../core/leases/lease-components.ts';
import { checkSecretForm } from '../core/leases/lease-secret.ts';

/**
 * The proof of a lease in a request.
 *
 * @param caller the peer that calls, where certificates say; no secret is needed then
 * @throws CardumeError INVALID_FIELD; NOT_ALLOWED when the lease is another peer's
 */
export function readProof(
  request: Pick<LeaseProof, 'peerId' | 'leaseSecret'>,
  caller: PeerIdentity | undefined,
): LeaseProof {
  const peerId = ownPeerId(request.peerId, caller);
  if (peerId === undefined) throw CardumeError.invalidField('peer_id', 'must be 64 lower-case hex digits');
  return { peerId, leaseSecret: checkSecretForm(request.leaseSecret), isCertified: caller !== undefined };
}

/**
 * Which peer a request is about: where certificates say who calls, that one, and no other may be named. Undefined: it says
 * none, and nobody else does.
 */
export function ownPeerId(named: string, caller: PeerIdentity | undefined): string | undefined {
  const peerId = named === '' ? undefined : checkPeerId(named);
  if (caller === undefined) return peerId;
  if (peerId !== undefined && peerId !== caller.peerId) {
    throw new CardumeError('NOT_ALLOWED', `you are peer ${caller.peerId}, and cannot speak for peer ${peerId}`, {
      metadata: { peer_id: peerId },
    });
  }
  return caller.peerId;
}
