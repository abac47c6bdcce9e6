import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { networkIdOf } from '../../core/trust/network-id.ts';
import { checkIndexCertificate } from './check-peer-certificate.ts';
import { certificateRefused, publicKeyDerOf, readCertificate } from './read-certificate.ts';
import { checkValidity, hasSigned } from './verify-certificate.ts';

// The certificate of the index, and one for each key that its authority has had.
const maxChainLength = 33;

/**
 * Checks at first contact, with nothing but the network's id from an invite, that a server is the network's index: its chain
 * goes from its certificate over each key of the authority, each handed over to by the one before, to the first key, which
 * the id is the digest of.
 *
 * The connection is made with `rejectUnauthorized: false`, for there is no authority to give to TLS yet; TLS has proved all
 * the same that the server has the key of its certificate. Nothing may be sent before this has returned. An older key hands
 * over for good, so that only the certificate itself and the authority that signed it must be valid now.
 *
 * @param chain the server's certificate first: {@link presentedChain}
 * @throws CardumeError CERTIFICATE_REFUSED
 */
export function checkPinnedChain(chain: readonly X509Certificate[], networkId: string, nowMs: number): void {
  const [leaf, signer] = chain;
  if (chain.length > maxChainLength) throw certificateRefused(`its chain has more than ${maxChainLength} certificates`);
  checkIndexCertificate(leaf, networkId);
  if (leaf === undefined || signer === undefined) throw certificateRefused('the server does not show who signed it');
  for (const [step, certificate] of chain.entries()) {
    readCertificate(certificate);
    const authority = chain[step + 1] ?? certificate;
    if (!hasSigned(authority, certificate)) throw certificateRefused('the chain that the server shows is broken');
  }
  const first = chain.at(-1) ?? leaf;
  if (networkIdOf(publicKeyDerOf(first)) !== networkId) {
    throw certificateRefused(
      `the server is not the index of network ${networkId}: other keys than that network's signed it`,
    );
  }
  checkValidity(signer, nowMs, 'the authority that signed it');
  checkValidity(leaf, nowMs, 'it');
}

/**
 * The chain that a server showed, its own certificate first, in the order of who signed whom. Empty before the handshake.
 *
 * @throws CardumeError CERTIFICATE_REFUSED when it is longer than any of ours
 */
export function presentedChain(socket: Pick<TLSSocket, 'getPeerX509Certificate'>): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next !== undefined; next = next.issuerCertificate) {
    if (chain.length > maxChainLength) throw certificateRefused('its chain is too long');
    chain.push(next);
  }
  return chain;
}
