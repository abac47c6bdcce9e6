import { CardumeError } from '@cardume/client';
import { wireRole } from '@cardume/client/trust';
import type { EnrollmentServiceImplementation } from '@cardume/proto/trust/v1';
import { callerHost, callerOf, callerPlace, peerOf } from '@cardume/service-kit';
import type { CertificateIssuer } from '../core/trust/certificate-issuer.ts';
import { type EnrolmentComponents, userOfProof } from '../core/trust/enrol-peer.ts';

/** What the service works with. */
export interface EnrollmentServiceInit extends EnrolmentComponents {
  /** The one that signs now. */
  authority: () => CertificateIssuer;
  certificateLifetimeMs: number | undefined;
}

/** Makes the EnrollmentService. */
export function createEnrollmentService(init: EnrollmentServiceInit): EnrollmentServiceImplementation {
  const { authority, certificateLifetimeMs } = init;
  return {
    async getNetwork() {
      const { networkId, trusted } = authority();
      const { issuer, audiences } = init.oidc?.settings ?? {};
      return {
        networkId,
        authoritiesPem: trusted,
        oidcIssuer: issuer === undefined ? undefined : { issuer, audiences: [...(audiences ?? [])] },
      };
    },
    async enroll({ signingRequest, token, idToken }, context) {
      const callerNetwork = callerPlace(callerHost(context.peer));
      const caller = peerOf(callerOf(context));
      const { user, role } = await userOfProof(init, { token, idToken, caller, callerNetwork });
      const lifetime = certificateLifetimeMs === undefined ? {} : { lifetimeMs: certificateLifetimeMs };
      const issued = authority().issue(signingRequest, { user, role, ...lifetime });
      if (token === '' && idToken === '' && issued.identity.peerId !== caller?.peerId) {
        throw new CardumeError(
          'CERTIFICATE_REFUSED',
          'a certificate is renewed for its own key only; use an invite for another',
        );
      }
      return {
        certificatePem: issued.certificate,
        authoritiesPem: authority().trusted,
        peerId: issued.identity.peerId,
        user,
        role: wireRole[role],
        expireTime: new Date(issued.notAfterMs),
      };
    },
  };
}
