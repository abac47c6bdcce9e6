import type { X509Certificate } from 'node:crypto';
import type { CertificateHolder } from '../../core/trust/certificate-uri.ts';
import { holderOfNames } from '../../core/trust/holder-of-names.ts';
import { keyIdOf } from '../../core/trust/key-id.ts';
import type { PeerIdentity } from '../../core/trust/peer-identity.ts';
import { certificateRefused, publicKeyDerOf, readCertificate } from './read-certificate.ts';

/**
 * Who the other side of a connection is, by its certificate. TLS has verified before that an authority of the network signed
 * it, that it is valid now, and that the other side has its key; this says whose it is.
 *
 * @param certificate as `tls` has it; undefined when the other side showed none
 * @param networkId the network that both must be of
 * @param peerId the peer that was asked for. Default: any
 * @throws CardumeError CERTIFICATE_REFUSED when it names no peer, one of another network, or another one than was asked for
 */
export function checkPeerCertificate(
  certificate: X509Certificate | Uint8Array | undefined,
  networkId: string,
  peerId?: string,
): PeerIdentity {
  const read = readCertificate(certificate);
  const holder = holderOf(read, networkId);
  if (holder.kind !== 'peer') throw certificateRefused("it is the index's, and a peer was expected");
  const { identity } = holder;
  if (keyIdOf(publicKeyDerOf(read)) !== identity.peerId) throw certificateRefused('its peer id is not that of its key');
  if (peerId !== undefined && identity.peerId !== peerId) {
    throw certificateRefused(`it is that of peer ${identity.peerId}, and peer ${peerId} was asked for`);
  }
  return identity;
}

/**
 * Checks that a certificate is that of a network's index; see {@link checkPeerCertificate} for what comes before.
 *
 * @throws CardumeError CERTIFICATE_REFUSED
 */
export function checkIndexCertificate(certificate: X509Certificate | Uint8Array | undefined, networkId: string): void {
  const holder = holderOf(readCertificate(certificate), networkId);
  if (holder.kind !== 'index') throw certificateRefused("it is a peer's, and that of the index was expected");
}

/**
 * Whose a certificate is, a peer's or the index's; see {@link checkPeerCertificate}.
 *
 * @throws CardumeError CERTIFICATE_REFUSED
 */
export function readMember(
  certificate: X509Certificate | Uint8Array | undefined,
  networkId: string,
): CertificateHolder & { notAfterMs: number } {
  const read = readCertificate(certificate);
  const holder = holderOf(read, networkId);
  if (holder.kind === 'peer') checkPeerCertificate(read, networkId);
  return { ...holder, notAfterMs: read.validToDate.getTime() };
}

function holderOf(certificate: X509Certificate, networkId: string): CertificateHolder {
  const holder = certificate.ca ? undefined : holderOfNames(certificate.subjectAltName);
  if (holder === undefined) throw certificateRefused('it names no peer and no index of a network');
  const named = holder.kind === 'peer' ? holder.identity.networkId : holder.networkId;
  if (named !== networkId) throw certificateRefused(`it is of network ${named}, and not of ${networkId}`);
  return holder;
}
