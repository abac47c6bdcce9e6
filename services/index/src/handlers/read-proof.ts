import { checkPeerId } from '../core/checks/check-peer-id.ts';
import type { LeaseProof } from '../core/leases/lease-components.ts';
import { checkSecretForm } from '../core/leases/lease-secret.ts';

/** The proof of a lease in a request. */
export function readProof(request: LeaseProof): LeaseProof {
  return { peerId: checkPeerId(request.peerId), leaseSecret: checkSecretForm(request.leaseSecret) };
}
