import type { PeerIdentity } from '@cardume/client/trust';

/** What gives peers their certificates. */
export interface CertificateIssuer {
  readonly networkId: string;
  /** The certificates of all keys that are trusted now, in PEM. */
  readonly trusted: string;
  /**
   * Issues a certificate for the key of a signing request.
   *
   * @param requestDer PKCS #10
   * @throws CardumeError INVALID_FIELD when it is malformed
   */
  issue(
    requestDer: Uint8Array,
    terms: Pick<PeerIdentity, 'user' | 'role'> & { lifetimeMs?: number },
  ): { certificate: string; notAfterMs: number; identity: PeerIdentity };
}
